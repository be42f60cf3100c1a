import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { Voucher } from '../src/api/wallet.ts'
import { readState } from '../src/api/wallet.ts'
import { objection, secondsToAnswer } from '../src/core/question.ts'
import { clockIsSure, clockWentBack, serverNow, serverTimeAt, setServerTime } from '../src/store/clock.ts'
import { ownOf } from '../src/sync/cover.ts'
import { groupPots, runningOf } from '../src/wallet/pots.ts'

const NOW = 1_800_000_000
const DAY = 86_400
const pot = { balance: 6000, max_redemption: 5000 }
const question = (amount: number, askedAt = NOW) => ({ merchant: 1002, amount, nonce: 'AAAAAAAAAAA', askedAt })

test('a question for too much is not answered, whichever limit it breaks', () => {
  assert.equal(objection(question(5000), pot, NOW), null)
  assert.equal(objection(question(5001), pot, NOW), 'ceiling')
  assert.equal(objection(question(6001), pot, NOW), 'balance')
  assert.equal(objection(question(6000), { ...pot, max_redemption: 0 }, NOW), null)
})

test('a question lives three minutes, but only a clock that can be trusted says so', () => {
  assert.equal(objection(question(100, NOW - 180), pot, NOW), null)
  assert.equal(objection(question(100, NOW - 181), pot, NOW), 'old')
  assert.equal(objection(question(100, NOW - 3600), pot, null), null)
  assert.equal(objection(question(100, NOW + 3600), pot, NOW), null)
  assert.deepEqual([secondsToAnswer(question(1, NOW - 30), NOW), secondsToAnswer(question(1, NOW - 999), NOW), secondsToAnswer(question(1, NOW - 30), null)], [150, 0, 180])
  assert.equal(secondsToAnswer(question(1, NOW + 60), NOW), 180)
})

const realNow = Date.now
beforeEach(() => { Date.now = realNow })
const skew = (ms: number): void => { Date.now = () => realNow() + ms }

test('threat clock_skew: the server’s time counts, and a clock that jumps is not trusted', () => {
  for (const off of [-600_000, 600_000]) {
    skew(off)
    setServerTime(NOW, Date.now())
    assert.ok(Math.abs(serverNow() - NOW) <= 1)
    assert.ok(clockIsSure() && !clockWentBack())
    assert.ok(Math.abs(serverTimeAt(Date.now() - 60_000) - (NOW - 60)) <= 1)
    skew(2 * off)
    assert.equal(clockIsSure(), false)
    assert.equal(clockWentBack(), off < 0)
  }
})

const voucher = (id: string, change: Partial<Voucher> = {}): Voucher => ({
  id, prg: 1, programme: 'Kleding', name_en: '', icon: 'shirt', kind: 'money', currency: 'EUR', unit_cents: 1, balance: 100, max_redemption: 0, bound_above: 4000,
  valid_from: NOW - DAY, valid_until: NOW + DAY, suspended: false, live_passes: 0, whose: { name: 'Anna', relation: 'self' }, series: null, series_en: null, ...change,
})
const SAM = { name: 'Sam', relation: 'child' } as const

test('pots stand by person, one’s own first, what can be spent before what cannot', () => {
  const groups = groupPots([voucher('s', { whose: SAM }), voucher('empty', { balance: 0 }), voucher('a'), voucher('over', { valid_until: NOW })], NOW)
  const seen = groups.map(({ whose, cards }) => [whose.name, cards.map((card) => (card.kind === 'pot' ? card.voucher.id : card.name))])
  assert.deepEqual(seen, [['', ['a', 'empty']], ['Sam', ['s']]])
})

test('the dated tickets of a person are one card, in the order of their windows, until the last is over', () => {
  const window = (id: string, from: number, change: Partial<Voucher> = {}): Voucher => voucher(id, { series: 'Dagkaart', valid_from: NOW + from * DAY, valid_until: NOW + (from + 1) * DAY, ...change })
  const all = [window('july', 30), window('june', 0), window('may', -30, { balance: 0 }), window('sam', 0, { whose: SAM })]
  const [own, sam] = groupPots(all, NOW)
  assert.equal(own!.cards.length, 1)
  const card = own!.cards[0]!
  assert.deepEqual(card.kind === 'series' && card.windows.map(({ id }) => id), ['may', 'june', 'july'])
  assert.equal(card.kind === 'series' && runningOf(card.windows, NOW)?.id, 'june')
  assert.equal(sam!.whose.name, 'Sam')
  assert.deepEqual(groupPots(all, NOW + 40 * DAY), [])
})

test('the proof of cover is asked for one’s own pots, also when a child has one of the same programme', () => {
  const move = (id: string, of: string | null) => ({ id, kind: 'redemption' as const, amount: -1, prg: 1, merchant: null, at: 0, receipt: null, logged: false, by: null, voucher: of })
  const { vouchers, activity } = ownOf([voucher('a'), voucher('s', { whose: SAM })], [move('1', 'a'), move('2', 's'), move('3', null)])
  assert.deepEqual([vouchers.map(({ id }) => id), activity.map(({ id }) => id)], [['a'], ['1', '3']])
})

test('the answer of an older server is read as a holder alone', () => {
  const old = {
    server_time: NOW, holder: { name: 'Anna', number: '1' }, revoked: [], log: { url: '', policy_url: '' }, municipality: { name: '', phone: '', hours: '' },
    vouchers: [{ id: 'a', prg: 1, programme: 'Kleding', name_en: '', icon: '', kind: 'money', currency: 'EUR', unit_cents: 1, balance: 1, max_redemption: 1, valid_from: 0, valid_until: 1, suspended: false, live_passes: 0 }],
    activity: [{ id: 'x', kind: 'redemption', amount: -1, prg: 1, merchant: null, at: 0, receipt: null, logged: false }],
  }
  const { vouchers, activity, helpers, helping } = readState(old)
  assert.deepEqual([vouchers[0]!.whose, vouchers[0]!.series, activity[0]!.by, helpers, helping], [{ name: '', relation: 'self' }, null, null, [], null])
  assert.throws(() => readState({ ...old, helpers: [{ id: 1 }] }))
})
