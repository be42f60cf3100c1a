import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../src/api/till.ts'
import type { Case, Entry } from '../src/store/till.ts'
import { absorb, decided, pieces, settledBy } from '../src/till/outbox.ts'
import { takenToday, waitingIn } from '../src/till/offline.ts'

const NOW = 1_800_000_000
const row = (seq: number, change: Partial<Entry> = {}): Entry => ({
  seq, kind: 'sale', state: 'kept', offline: true, jti: `j${seq}`, txn: `t${seq}`, at: NOW - 600, hash: '', record: `record${seq}`, amount: 500, cur: 'EUR',
  prg: 12, redemption: null, approved: 500, code: null, ...change,
})
const online = (seq: number, change: Partial<Entry> = {}): Entry => row(seq, { offline: false, state: 'done', approved: 0, ...change })
const said = (seq: number, outcome: string, change: Partial<Outcome> = {}): Outcome => ({ seq, outcome, code: null, id: null, approved: null, ...change })
const seqs = (made: Entry[][]): number[][] => made.map((piece) => piece.map(({ seq }) => seq))

test('the queue is the chain above what the server has, without the sales that it booked itself', () => {
  const rows = [
    online(1, { state: 'refused' }), online(2, { record: null }), row(3), online(4, { state: 'left' }), online(5, { state: 'refused' }),
    online(6, { kind: 'void' }), online(7, { state: 'sent' }), row(8),
  ]
  assert.deepEqual(seqs(pieces(rows, 1, NOW)), [[3, 4, 5, 6, 7, 8]])
  assert.deepEqual(seqs(pieces(rows, 8, NOW)), [[3, 8]], 'what is not known to be decided is sent again')
  assert.deepEqual(pieces([online(1, { record: null })], 0, NOW), [])
})

test('a record that is on its way to the server is not overtaken', () => {
  assert.deepEqual(seqs(pieces([row(1), online(2, { state: 'sent', at: NOW - 9 }), row(3)], 0, NOW)), [[1]])
})

test('a piece has at most 500 records and a million characters', () => {
  const many = Array.from({ length: 1201 }, (_, i) => row(i + 1))
  assert.deepEqual(pieces(many, 0, NOW).map(({ length }) => length), [500, 500, 201])
  const long = Array.from({ length: 5 }, (_, i) => row(i + 1, { record: 'x'.repeat(400_000) }))
  assert.deepEqual(seqs(pieces(long, 0, NOW)), [[1, 2], [3, 4], [5]])
})

test('each outcome says what the sale is now', () => {
  const after = (change: Outcome): [string, number, string | null, string | null] => {
    const { state, approved, redemption, code } = decided(row(1), change)
    return [state, approved, redemption, code]
  }
  assert.deepEqual(after(said(1, 'accepted', { id: 'r1', approved: 500 })), ['done', 500, 'r1', null])
  assert.deepEqual(after(said(1, 'accepted_programme', { id: 'r1', approved: 500 })), ['done', 500, 'r1', null])
  assert.deepEqual(after(said(1, 'duplicate_record', { id: 'r1', approved: 500 })), ['done', 500, 'r1', null])
  assert.deepEqual(after(said(1, 'duplicate_record', { code: 'late_record' })), ['refused', 0, null, 'late_record'])
  assert.deepEqual(after(said(1, 'rejected', { code: 'already_redeemed' })), ['refused', 0, null, 'already_redeemed'])
  assert.deepEqual(after(said(1, 'rejected', { code: 'over_offline_limit', id: 'r1', approved: 400 })), ['done', 400, 'r1', null])
  assert.deepEqual(after(said(1, 'held', { code: 'chain_gap' })), ['held', 500, null, 'chain_gap'])
  assert.equal(decided(online(1, { state: 'sent' }), said(1, 'noted')).state, 'sent', 'an online sale is decided by its own answer')
  assert.equal(decided(row(2, { kind: 'void', redemption: 'j1' }), said(2, 'noted')).redemption, 'j1')
})

test('what the server has is deleted here, and a second answer to the same upload changes nothing', () => {
  const rows = [row(1), online(2, { state: 'sent' }), online(3, { state: 'left' }), row(4), row(5)]
  const answer = { results: [said(1, 'accepted', { id: 'r1', approved: 500 }), said(2, 'noted'), said(3, 'noted'), said(4, 'held', { code: 'time_implausible' })], acked_seq: 4 }
  const changed = absorb(rows, answer)
  assert.deepEqual(changed.map(({ seq, state, record }) => [seq, state, record]), [[1, 'done', null], [3, 'left', null], [4, 'held', null]])
  const after = rows.map((each) => changed.find(({ seq }) => seq === each.seq) ?? each)
  assert.deepEqual(absorb(after, answer).filter((each) => each.state !== 'held'), [])
  assert.deepEqual(seqs(pieces(after, 4, NOW)), [[5]])
})

test('a record behind a gap keeps its text, and goes again', () => {
  const changed = absorb([row(7)], { results: [said(7, 'held', { code: 'chain_gap' })], acked_seq: 5 })
  assert.deepEqual(changed.map(({ state, record }) => [state, record]), [['held', 'record7']])
  assert.deepEqual(seqs(pieces(changed, 5, NOW)), [[7]])
  assert.equal(decided(changed[0]!, said(7, 'accepted', { id: 'r7', approved: 500 })).state, 'done')
})

test('what came of a sale that was refused or held is written down; what is missed no more was paid', () => {
  const of = (seq: number, state: Case['state'], amount = 500): Case => ({ id: `c${seq}`, txn: `t${seq}`, seq, code: 'time_implausible', amount, cur: 'EUR', prg: 12, at: NOW, state })
  const rows = [1, 2, 3, 4, 5].map((seq) => row(seq, { state: 'held', record: null })).concat([6, 7].map((seq) => row(seq, { state: 'refused', record: null, approved: 0 })), row(8, { state: 'held' }))
  const changed = settledBy(rows, [of(1, 'paid'), of(2, 'closed'), of(3, 'open'), of(4, 'closed', 200), of(6, 'paid')])
  assert.deepEqual(changed.map(({ seq, state, approved }) => [seq, state, approved]), [[1, 'done', 500], [2, 'refused', 0], [4, 'done', 300], [5, 'done', 500], [6, 'done', 500]])
})

test('what waits is counted in records and cents, from the oldest', () => {
  const rows = [row(1, { at: NOW - 900 }), row(2), row(3, { kind: 'void' }), row(4, { cur: 'TKT', amount: 2 }), row(5, { state: 'done' })]
  assert.deepEqual(waitingIn(rows), { records: 4, cents: 1000, since: NOW - 900 })
  assert.deepEqual(waitingIn([]), { records: 0, cents: 0, since: null })
})

test('what a signed card paid today still counts when the till has sent it and was started anew', () => {
  const rows = [row(1, { card: 'a', amount: 200, approved: 200 }), row(2, { card: 'b', amount: 99, approved: 99 }), row(3, { card: 'a', amount: 100, approved: 100, at: NOW - 2 * 86_400 }), row(4, { amount: 50 })]
  const changed = absorb(rows, { results: [said(1, 'accepted', { id: 'r1', approved: 200 })], acked_seq: 1 })
  const kept: Entry[] = rows.map((each) => structuredClone(changed.find(({ seq }) => seq === each.seq) ?? each))
  assert.equal(kept[0]!.state, 'done')
  assert.equal(takenToday(kept, 'a', NOW), 200)
  assert.equal(takenToday(kept, 'b', NOW), 99)
  assert.equal(takenToday(kept, 'a', NOW + 86_400), 0)
})

test('what a card paid is less when a sale was undone before it was sent, given back, or refused in whole or in part', () => {
  const left = (...rows: Entry[]): number => takenToday(rows, 'a', NOW)
  const sold = row(1, { card: 'a' })
  const undone = row(2, { kind: 'void', redemption: 'j1' })
  assert.equal(left(sold), 500)
  assert.equal(left(sold, undone), 0)
  assert.equal(left(sold, undone, row(3, { card: 'a', amount: 200, approved: 200 })), 200)
  assert.equal(left(row(1, { card: 'a', state: 'done', redemption: 'r1' }), online(2, { kind: 'refund', redemption: 'r1', approved: 150 })), 350)
  assert.equal(left(row(1, { card: 'a', state: 'done', redemption: 'r1' }), online(2, { kind: 'refund', state: 'sent', redemption: 'r1' })), 500, 'nobody knows yet')
  assert.equal(left(row(1, { card: 'a', state: 'refused', approved: 0 })), 0)
  assert.equal(left(row(1, { card: 'a', state: 'done', approved: 300 })), 300)
  assert.equal(left(row(1, { card: 'a', state: 'held' })), 500)
})
