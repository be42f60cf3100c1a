import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanCode, codeInLink, inBlocks, isWhole } from '../src/core/code.ts'

test('a code is read as the letter writes it, however it is typed', () => {
  for (const typed of ['ABCDE-FGHJK', 'abcdefghjk', ' abcde fghjk ', 'ABCDE–FGHJK']) assert.equal(cleanCode(typed), 'ABCDEFGHJK')
  assert.equal(cleanCode('oil8'), '0118')
  assert.equal(inBlocks('abcdefghjkxyz'), 'ABCDE-FGHJK')
  assert.equal(inBlocks('abc'), 'ABC')
})

test('a code is ten characters, without the letters that look like digits', () => {
  assert.ok(isWhole('ABCDE-FGHJK'))
  for (const typed of ['', 'ABCDE', 'ABCDEFGHJU', 'ABCDEFGHJKM']) assert.equal(isWhole(typed), false, typed)
})

test("the link of the letter's QR carries the code", () => {
  assert.equal(codeInLink('#code=ABCDEFGHJK'), 'ABCDE-FGHJK')
  assert.equal(codeInLink('#code=abcde-fghjk'), 'ABCDE-FGHJK')
  for (const hash of ['', '#', '#code=', '#code=short', '#other=ABCDEFGHJK']) assert.equal(codeInLink(hash), '', hash)
})
