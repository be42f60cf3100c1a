import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMoney, parseMoney, speakMoney } from '../src/core/money.ts'

test('an amount looks the same in every language', () => {
  assert.equal(formatMoney(1250), '€\u00a012,50')
  assert.equal(formatMoney(-250), '\u2212\u00a0€\u00a02,50')
  assert.equal(formatMoney(123_456_70), '€\u00a0123.456,70')
})

test('a screen reader hears words', () => {
  assert.equal(speakMoney(1250), '12 euro 50')
  assert.equal(speakMoney(1205), '12 euro 05')
  assert.equal(speakMoney(-100, 'minus'), 'minus 1 euro')
})

test('a typed amount has one reading or none', () => {
  assert.equal(parseMoney('12,50'), 1250)
  assert.equal(parseMoney('€ 12.50'), 1250)
  assert.equal(parseMoney('12'), 1200)
  for (const text of ['', '12,5', '1.234,00', '-3', '12,505', 'abc']) assert.equal(parseMoney(text), null, text)
})
