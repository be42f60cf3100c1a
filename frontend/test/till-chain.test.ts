import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem, Result } from '../src/api/client.ts'
import { peek, verify, headerOf } from '../src/core/jws.ts'
import { importPublicKey, makeKeyPair, thumbprint } from '../src/core/keys.ts'
import { chainHash, firstPrev, RECORD_TYP } from '../src/core/record.ts'
import { Malformed } from '../src/core/strict.ts'
import type { Entry, TillSelf } from '../src/store/till.ts'
import { nextEntry, type Draft } from '../src/till/chain.ts'
import { settle, type Outcome } from '../src/till/send.ts'

const TILL = '0b8f6a52-3d0c-4a5e-9a57-2f3f5f6c7d81'
const REDEMPTION = '5d0f1f3e-7f0b-4c39-8a53-0d9a1c2b3e4f'
const self = async (): Promise<TillSelf> => ({
  id: TILL, name: 'Kassa 1', merchant: { number: 1001, name: 'Demo' }, enrolNonce: 'AAECAwQFBgcICQoLDA0ODw', key: await makeKeyPair(), bundleKeys: [], bundle: '',
})
const sale: Draft = { mode: 'on', amount: 1250, cur: 'EUR', prg: 12, part: false, subject: { pres: 'pass~proof' }, at: 1_800_000_000, aud: 'https://pass.city.example', bundleIat: 1_799_990_000 }
const back: Draft = { ...sale, mode: 'void', subject: { ref: REDEMPTION } }

test('each record names the one before; the first names the enrolment', async () => {
  const till = await self()
  const first = await nextEntry(till, undefined, sale)
  const second = await nextEntry(till, first, back)
  const [one, two] = [peek(first.record!).claims, peek(second.record!).claims]
  assert.deepEqual([one['seq'], one['prev']], [1, await firstPrev(TILL, till.enrolNonce)])
  assert.deepEqual([two['seq'], two['prev']], [2, await chainHash(first.record!)])
  assert.notEqual(first.txn, second.txn)
})

test('a record says what is sold, signed by the key of the till', async () => {
  const till = await self()
  const { record, txn } = await nextEntry(till, undefined, sale)
  const header = headerOf(RECORD_TYP, await thumbprint(till.key.publicJwk))
  const claims = await verify(record!, await importPublicKey(till.key.publicJwk), header)
  assert.ok(claims)
  const { amt, cur, prg, part, pres, mode, aud, iss, bnd } = claims
  assert.deepEqual({ amt, cur, prg, part, pres, mode, aud, iss, bnd, txn: claims['txn'] }, {
    amt: 1250, cur: 'EUR', prg: 12, part: false, pres: 'pass~proof', mode: 'on', aud: sale.aud, iss: `till:${TILL}`, bnd: sale.bundleIat, txn,
  })
})

test('a void is kept as what it takes back', async () => {
  const entry = await nextEntry(await self(), undefined, back)
  assert.deepEqual([entry.kind, entry.redemption, entry.state], ['void', REDEMPTION, 'sent'])
})

const sent = async (): Promise<Entry> => nextEntry(await self(), undefined, sale)
const problem = (code: string, facts: Record<string, unknown> = {}): Result<Outcome> => {
  const told: Problem = { code, status: 409, retry: false, facts }
  return { ok: false, problem: told }
}

test('an answer that got lost leaves the record as it is, to be sent again the same', async () => {
  const entry = await sent()
  for (const code of ['offline', 'unavailable', 'txn_in_progress', 'something_new']) assert.equal(settle(entry, problem(code)).entry, entry, code)
})

test('a booked sale drops the pass and keeps its hash for the chain', async () => {
  const entry = await sent()
  const { entry: done } = settle(entry, { ok: true, status: 201, value: { redemption: REDEMPTION, approved: 320, prg: 12 } })
  assert.deepEqual([done.state, done.record, done.hash, done.redemption, done.approved], ['done', null, entry.hash, REDEMPTION, 320])
})

test('only a short code or a card leaves the programme to the municipality; the answer tells it', async () => {
  const till = await self()
  const open: Draft = { ...sale, prg: 0, subject: { pres: 'VP2:AB' } }
  const entry = await nextEntry(till, undefined, open)
  assert.deepEqual([entry.prg, peek(entry.record!).claims['prg']], [0, 0])
  assert.equal(settle(entry, { ok: true, status: 201, value: { redemption: REDEMPTION, approved: 1250, prg: 12 } }).entry.prg, 12)
  assert.equal((await nextEntry(till, undefined, { ...open, subject: { card: 'V'.repeat(240) } })).prg, 0)
  const wrong: Draft[] = [{ ...open, subject: sale.subject }, { ...open, mode: 'off', stl: 1, subject: { card: 'VPC1:AB' } }, { ...back, prg: 0 }, { ...open, prg: 65_536 }]
  for (const draft of wrong) await assert.rejects(nextEntry(till, undefined, draft), Malformed)
})

test('a refusal is final, with its code and what it told; its record stays for the chain', async () => {
  const before = await sent()
  const { entry, facts } = settle(before, problem('amount_over_max', { max: 2500 }))
  assert.deepEqual([entry.state, entry.code, entry.record, facts], ['refused', 'amount_over_max', before.record, { max: 2500 }])
})

test('a card that wants its PIN is not refused: the same record goes again, with the PIN beside it', async () => {
  const entry = await sent()
  assert.deepEqual(settle(entry, problem('pin_required')), { entry, facts: {}, pin: 'pin_required' })
  assert.deepEqual(settle(entry, problem('pin_wrong', { left: 3 })), { entry, facts: { left: 3 }, pin: 'pin_wrong' })
  assert.equal(settle(entry, problem('card_locked')).entry.state, 'refused')
})

test('a sale without a connection is one of the same chain, and counts as paid', async () => {
  const till = await self()
  const asked = await nextEntry(till, undefined, sale)
  const entry = await nextEntry(till, asked, { ...sale, mode: 'off', stl: 1_799_999_000, txn: asked.txn })
  const { mode, txn, seq, prev, stl, jti } = peek(entry.record!).claims
  assert.deepEqual({ mode, txn, seq, prev, stl, jti }, { mode: 'off', txn: asked.txn, seq: 2, prev: await chainHash(asked.record!), stl: 1_799_999_000, jti: entry.jti })
  assert.deepEqual([entry.kind, entry.state, entry.offline, entry.approved], ['sale', 'kept', true, 1250])
  const undone = await nextEntry(till, entry, { ...sale, mode: 'void', subject: { ref: entry.jti }, unsent: true })
  assert.deepEqual([undone.kind, undone.state, undone.redemption, peek(undone.record!).claims['ref']], ['void', 'kept', entry.jti, entry.jti])
})
