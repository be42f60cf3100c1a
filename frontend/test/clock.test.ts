import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { serverNow, setServerTime } from '../src/store/clock.ts'

const AT = 1_795_000_000
const MINUTES = 60_000

test('a clock that is set while an answer is on its way leaves the offset as it was', () => {
  mock.timers.enable({ apis: ['Date'], now: AT * 1000 - 10 * MINUTES })
  setServerTime(AT, Date.now())
  assert.equal(serverNow(), AT)
  const sentAt = Date.now()
  for (const jump of [-10 * MINUTES, 20 * MINUTES]) {
    mock.timers.setTime(sentAt + jump)
    setServerTime(AT, sentAt)
    assert.equal(serverNow(), AT + jump / 1000)
  }
  setServerTime(AT, Date.now())
  assert.equal(serverNow(), AT)
  mock.timers.reset()
})
