/** The till's calls (spec 04). Amounts in a programme's units, times in epoch seconds. */
import type { KeyPair } from '../core/keys.ts'
import type { LogReceipt } from '../core/log/receipt.ts'
import type { PublicJwk } from '../core/p256.ts'
import type { Case } from '../store/till.ts'
import { call, fetchText, type Result } from './client.ts'
import { anything, list, logReceipt, maybe, oneOf, record, text, whole, type Read } from './shape.ts'

export type Welcome = {
  till: string; name: string; merchant: { number: number; name: string }; enrol_nonce: string
  bundle: string; bundle_keys: PublicJwk[]; server_time: number
}
export type Booked = { result: 'approved' | 'partial'; id: string; txn: string; approved: number; rest: number; cur: string; receipt: string; server_time: number }
export type TakenBack = { id: string; txn: string; refunded: number; receipt: string }

/** What came of a record that was sent after the sale (spec 04). `code` says why not; `id` and `approved` are of a payment. */
export type Outcome = { seq: number; outcome: string; code: string | null; id: string | null; approved: number | null }
export type Taken = { results: Outcome[]; acked_seq: number }

/** A till waits this long for a payment's answer, then asks again with the same record. */
const PATIENCE_MS = 3_000
const QUEUE_PATIENCE_MS = 60_000

const jwk = anything as Read<PublicJwk>
const welcome = record<Welcome>({
  till: text, name: text, merchant: record<Welcome['merchant']>({ number: whole, name: text }), enrol_nonce: text,
  bundle: text, bundle_keys: list(jwk), server_time: whole,
})
const booked = record<Booked>({
  result: oneOf('approved', 'partial'), id: text, txn: text, approved: whole, rest: whole, cur: text, receipt: text, server_time: whole,
})
const taken = record<Taken>({
  results: list(record<Outcome>({ seq: whole, outcome: text, code: maybe(text), id: maybe(text), approved: maybe(whole) })), acked_seq: whole,
})
const oneCase = record<Case>({
  id: text, txn: text, seq: whole, code: text, amount: whole, cur: text, prg: whole, at: whole, state: oneOf('open', 'paid', 'closed'),
})
const takenBack = record<TakenBack>({ id: text, txn: text, refunded: whole, receipt: text })

/** Binds this device to the till of a code. Problems: unknown_code, till_suspended, rate_limited. */
export function enrolTill(code: string, key: KeyPair): Promise<Result<Welcome>> {
  return call({ method: 'POST', path: '/api/v1/tills/enrol', key, body: { code, jwk: key.publicJwk }, read: welcome })
}

export function getBundle(key: KeyPair): Promise<Result<{ bundle: string }>> {
  return call({ method: 'GET', path: '/api/v1/tills/bundle', key, read: record<{ bundle: string }>({ bundle: text }) })
}

/** Which of these payments of the shop (at most 500) are in the public log, and when the next batch is expected. */
export function getLogged(key: KeyPair, payments: string[]): Promise<Result<{ logged: string[]; next_at: number }>> {
  const read = record<{ logged: string[]; next_at: number }>({ logged: list(text), next_at: whole })
  return call({ method: 'POST', path: '/api/v1/tills/logged', key, body: { payments }, read })
}

/** The proof of a payment to this shop. Problem not_logged_yet carries the time of the next batch in its facts. */
export function getProof(key: KeyPair, redemption: string): Promise<Result<LogReceipt>> {
  return call({ method: 'GET', path: `/api/v1/tills/proofs/${encodeURIComponent(redemption)}`, key, read: logReceipt })
}

/** Is there a way? The shortest question that there is. */
export function getSign(): Promise<Result<{ server_time: number }>> {
  return call({ method: 'GET', path: '/api/v1/config', patience: PATIENCE_MS, read: record<{ server_time: number }>({ server_time: whole }) })
}

/** A list of withdrawn passes (`statuslist+jwt`) at `path` of this site: its signature counts, not where it came from. */
export const getStatusList = (path: string): Promise<Result<string>> => fetchText(path)

/** Sends records in the order of their seq, at most 500. The same again gets the same answer. */
export function sendRecords(key: KeyPair, records: string[]): Promise<Result<Taken>> {
  return call({ method: 'POST', path: '/api/v1/tills/records', key, body: { records }, patience: QUEUE_PATIENCE_MS, read: taken })
}

export function getCases(key: KeyPair): Promise<Result<{ cases: Case[] }>> {
  return call({ method: 'GET', path: '/api/v1/tills/cases', key, read: record<{ cases: Case[] }>({ cases: list(oneCase) }) })
}

/** The record's own signature is the proof; `txn` makes a second sending harmless. A card's PIN goes beside it. */
export function redeem(token: string, txn: string, pin?: string): Promise<Result<Booked>> {
  const body = pin === undefined ? { record: token } : { record: token, pin }
  return call({ method: 'POST', path: '/api/v1/redemptions', body, headers: { 'Idempotency-Key': txn }, patience: PATIENCE_MS, read: booked })
}

export function takeBack(kind: 'void' | 'refund', redemption: string, token: string, txn: string): Promise<Result<TakenBack>> {
  const path = `/api/v1/redemptions/${encodeURIComponent(redemption)}/${kind === 'void' ? 'void' : 'refunds'}`
  return call({ method: 'POST', path, body: { record: token }, headers: { 'Idempotency-Key': txn }, patience: PATIENCE_MS, read: takenBack })
}
