import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OFFLINE, type Result } from '../src/api/client.ts'
import { heardFrom, online } from '../src/till/connection.ts'

const answer: Result<number> = { ok: true, value: 1, status: 200 }
const refusal: Result<number> = { ok: false, problem: { code: 'pass_revoked', status: 409, retry: false, facts: {} } }
const silence: Result<number> = { ok: false, problem: OFFLINE }

test('one call without an answer is bad luck, two in a row is no internet', () => {
  heardFrom(answer)
  heardFrom(silence)
  assert.equal(online.value, true)
  heardFrom(silence)
  assert.equal(online.value, false)
})

test('any answer shows that there is a way, also a refusal', () => {
  heardFrom(silence)
  heardFrom(silence)
  heardFrom(refusal)
  assert.equal(online.value, true)
  heardFrom(silence)
  assert.equal(online.value, true)
})
