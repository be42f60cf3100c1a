import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ceilingOf, chooseAnother, choosePass, isBurned, shortage, worthless, type PurseItem } from '../src/core/purse.ts'

const NOW = 1_800_000_000
const DAY = 86_400

const pot = { id: 'a', balance: 4550, currency: 'EUR' }
const pass = (jti: string, change: Partial<PurseItem> = {}): PurseItem =>
  ({ jti, voucher: 'a', ofl: 500, once: true, iat: NOW - DAY, exp: NOW + 20 * DAY, closedAt: null, ...change })

test('the pass with the largest offline limit is shown first', () => {
  assert.equal(choosePass([pass('1'), pass('2', { ofl: 1500 }), pass('3', { ofl: 0 })], 'a', NOW)?.jti, '2')
})

test('only passes of this pot that have not ended are shown', () => {
  assert.equal(choosePass([pass('1', { voucher: 'b' }), pass('2', { exp: NOW })], 'a', NOW), null)
})

test('a code that was just put away is shown again, and is burned three minutes later', () => {
  const shown = pass('1', { closedAt: NOW - 60 })
  assert.equal(choosePass([pass('2', { ofl: 1500 }), shown], 'a', NOW)?.jti, '1')
  assert.equal(choosePass([pass('2'), shown], 'a', NOW + 200)?.jti, '2')
  assert.ok(isBurned(shown, NOW + 200))
})

test('a fresh pass goes before one of the same limit that was on screen for a moment', () => {
  const glimpsed = pass('1', { shownAt: NOW - 900 })
  assert.equal(choosePass([glimpsed, pass('2')], 'a', NOW)?.jti, '2')
  assert.equal(choosePass([glimpsed, pass('2', { ofl: 0 })], 'a', NOW)?.jti, '1')
})

test('without an ordinary pass the reserve pass is shown, as often as needed', () => {
  const reserve = pass('r', { once: false, ofl: 0, closedAt: NOW - DAY })
  assert.equal(choosePass([pass('1', { closedAt: NOW - DAY }), reserve], 'a', NOW)?.jti, 'r')
  assert.equal(choosePass([pass('1', { ofl: 0 }), reserve], 'a', NOW)?.jti, '1')
})

test('eight passes and a reserve are asked for when fewer than three are left', () => {
  const reserve = pass('r', { once: false, ofl: 0 })
  assert.deepEqual(shortage([], pot, NOW), { passes: 8, reserve: true })
  assert.deepEqual(shortage([pass('1'), pass('2'), reserve], pot, NOW), { passes: 6, reserve: false })
  assert.deepEqual(shortage([pass('1'), pass('2'), pass('3'), reserve], pot, NOW), { passes: 0, reserve: false })
})

test('passes past half their life count as missing but can still be shown', () => {
  const old = ['1', '2', '3', '4'].map((jti) => pass(jti, { iat: NOW - 15 * DAY, exp: NOW + 6 * DAY }))
  assert.equal(shortage(old, pot, NOW).passes, 8)
  assert.ok(choosePass(old, 'a', NOW))
})

test('with money in the pot and no pass that works without a network, three more are asked for, once a day', () => {
  const zeros = (gotAt?: number): PurseItem[] => ['1', '2', '3'].map((jti) => pass(jti, { ofl: 0, ...(gotAt === undefined ? {} : { gotAt }) })).concat(pass('r', { once: false, ofl: 0 }))
  assert.equal(shortage(zeros(), pot, NOW).passes, 3)
  assert.equal(shortage(zeros(NOW - DAY), pot, NOW).passes, 3)
  assert.equal(shortage(zeros(NOW - DAY + 1), pot, NOW).passes, 0)
  assert.equal(shortage(zeros(), { ...pot, balance: 499 }, NOW).passes, 0)
  assert.equal(shortage(zeros(), { ...pot, balance: 1, currency: 'TKT' }, NOW).passes, 3)
  assert.equal(shortage([...zeros(), pass('4')], pot, NOW).passes, 0)
  assert.equal(shortage(Array.from({ length: 24 }, (_, n) => pass(`${n}`, { ofl: 0 })), pot, NOW).passes, 0)
})

test('for a shop that says that a code was used there is another one, but not the reserve pass', () => {
  const shown = pass('1', { closedAt: NOW - 60 })
  assert.equal(chooseAnother([shown, pass('2'), pass('r', { once: false, ofl: 0 })], shown, NOW)?.jti, '2')
  assert.equal(chooseAnother([shown, pass('r', { once: false, ofl: 0 })], shown, NOW), null)
})

test('used up, ended, withdrawn and homeless passes go', () => {
  const all = [pass('keep'), pass('used', { closedAt: NOW - DAY }), pass('ended', { exp: NOW }), pass('gone'), pass('homeless', { voucher: 'x' })]
  assert.deepEqual(worthless(all, new Set(['a']), new Set(['gone']), NOW).map(({ jti }) => jti), ['used', 'ended', 'gone', 'homeless'])
})

test('the phone allows what one sale may take, whatever is in the pot', () => {
  assert.equal(ceilingOf(2000), 2000)
  assert.equal(ceilingOf(0), 2 ** 24 - 1)
  assert.equal(ceilingOf(2 ** 30), 2 ** 24 - 1)
})
