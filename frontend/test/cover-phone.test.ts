import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Activity, Voucher } from '../src/api/wallet.ts'
import { LogError } from '../src/core/log/error.ts'
import { parsePolicy } from '../src/core/log/policy.ts'
import { judgeCover, type CoverAnswer, type CoverPot } from '../src/core/log/pots.ts'
import { vectors } from './vectors.ts'

const { leaf, accepted, policy: text, tlog_proof } = vectors('cover')
const policy = await parsePolicy(text)
const AT = JSON.parse(leaf).at as number
const HOUR = 3600

/** The first pot of the vectors, in one holder's hands: € 150,00 when the proof was made. */
const party: string = accepted[0].party
const parts: CoverPot['parts'] = accepted.filter((one: { party: string }) => one.party === party).map((one: { part: unknown }) => one.part)
const voucher = (balance: number, change: Partial<Voucher> = {}): Voucher => ({ id: 'v1', prg: 8, programme: 'Kleding', balance, unit_cents: 1, ...change }) as Voucher
const answer = (balance = 15_000, since: CoverPot['since'] = [], change: Partial<CoverAnswer> = {}): CoverAnswer => ({ party, tlog_proof, pots: [{ voucher: 'v1', balance, parts, since }], ...change })
const move = (id: string, amount: number, at: number): Activity => ({ id, amount, at, prg: 8, kind: amount < 0 ? 'redemption' : 'top_up', merchant: null, receipt: null, logged: false, by: null, voucher: null })
const says = (told: CoverAnswer, mine: { vouchers: Voucher[]; activity?: Activity[] }, known: { at: number; party: string } | null = null) => judgeCover(told, { activity: [], ...mine }, policy, known)

test('money that is all there is said to be there', async () => {
  assert.deepEqual(await says(answer(), { vouchers: [voucher(15_000)] }), { kind: 'good', at: AT, party })
  assert.equal((await says(answer(), { vouchers: [voucher(20, { unit_cents: 750 })] })).kind, 'good')
})

test('what moved since the proof is reckoned with', async () => {
  const activity = [move('a', -700, AT + 60), move('b', 200, AT + 120)]
  const since = [{ id: 'b', amount: 200 }, { id: 'a', amount: -700 }]
  assert.equal((await says(answer(14_500, since), { vouchers: [voucher(14_500)], activity })).kind, 'good')
})

test('a pot that was empty then says nothing', async () => {
  const told = answer(0, [], { pots: [{ voucher: 'v1', balance: 0, parts: [], since: [] }] })
  assert.equal((await says(told, { vouchers: [voucher(0)] })).kind, 'empty')
})

test('a phone is not put off with less than it had', async () => {
  const old = move('old', 15_000, AT - 2 * HOUR)
  const cases: [string, CoverAnswer, Voucher, Activity[]][] = [
    ['a pot that is left out', answer(15_000, [], { pots: [] }), voucher(15_000), []],
    ['parts that are not the balance', answer(15_001), voucher(15_001), []],
    ['another balance than on the screen', answer(), voucher(14_000), []],
    ['parts of which one is left out', answer(15_000, [{ id: 'x', amount: parts[0]!.amount }], { pots: [{ voucher: 'v1', balance: 15_000, parts: parts.slice(1), since: [] }] }), voucher(15_000), []],
    ['a top-up from before the proof as if it came later', answer(15_000, [], { pots: [{ voucher: 'v1', balance: 15_000, parts: [], since: [{ id: 'old', amount: 15_000 }] }] }), voucher(15_000), [old]],
    ['a top-up that never was', answer(15_500, [{ id: 'x', amount: 500 }]), voucher(15_500), []],
    ['a top-up of another amount', answer(15_500, [{ id: 'b', amount: 500 }]), voucher(15_500), [move('b', 400, AT + 60)]],
    ['a payment of later that is taken off already', answer(), voucher(15_000), [move('c', -300, AT + 2 * HOUR)]],
    ["somebody else's parts", answer(15_000, [], { party: accepted.at(-1).party }), voucher(15_000), []],
    ['parts twice', answer(30_000, [], { pots: [{ voucher: 'v1', balance: 30_000, parts: [...parts, ...parts], since: [] }] }), voucher(30_000), []],
    ['a leaf that is not in the log', answer(15_000, [], { tlog_proof: tlog_proof.replace('index 2', 'index 1') }), voucher(15_000), []],
  ]
  for (const [why, told, mine, activity] of cases) await assert.rejects(says(told, { vouchers: [mine], activity }), LogError, why)
})

test('an older proof than before, or another name than before, is refused', async () => {
  const vouchers = [voucher(15_000)]
  assert.equal((await says(answer(), { vouchers }, { at: AT, party })).kind, 'good')
  for (const known of [{ at: AT + 1, party }, { at: AT, party: 'another' }]) await assert.rejects(says(answer(), { vouchers }, known), LogError)
})

test('a payment of the hour around the proof may be on either side of it', async () => {
  const vouchers = [voucher(15_000)]
  assert.equal((await says(answer(), { vouchers, activity: [move('a', -100, AT + 30)] })).kind, 'good')
  assert.equal((await says(answer(15_100, [{ id: 'b', amount: 100 }]), { vouchers: [voucher(15_100)], activity: [move('b', 100, AT - 30)] })).kind, 'good')
})
