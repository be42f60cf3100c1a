/** The wallet's calls (spec 04): one typed function and one validator each. Money is in minor units, time in epoch seconds. */
import type { KeyPair } from '../core/keys.ts'
import type { Part } from '../core/log/cover.ts'
import type { CoverAnswer, CoverPot } from '../core/log/pots.ts'
import type { LogReceipt } from '../core/log/receipt.ts'
import type { PublicJwk } from '../core/p256.ts'
import type { Claims } from '../core/strict.ts'
import { call, type Result } from './client.ts'
import { anything, flag, list, logReceipt, maybe, oneOf, record, text, whole, type Read } from './shape.ts'

/** Whose right it is: the holder's own, a child's, or of somebody whom the holder of this phone helps. */
export type Whose = { name: string; relation: 'self' | 'child' | 'helped' }
export type Voucher = {
  id: string; prg: number; programme: string; name_en: string; icon: string; kind: 'money' | 'tickets'; currency: string
  /** Balance and max_redemption are in units of unit_cents. */
  unit_cents: number; balance: number; max_redemption: number; bound_above: number | null; valid_from: number; valid_until: number; suspended: boolean; live_passes: number
  whose: Whose
  /** The name of the series that a dated ticket belongs to. */
  series: string | null; series_en: string | null
}
/** `amount` is below zero when it went out of the pot. `by`: the helper who paid. `voucher`: when the server tells of which pot. */
export type Activity = {
  id: string; kind: 'redemption' | 'void' | 'refund' | 'top_up' | 'correction'; amount: number; prg: number; merchant: string | null; at: number; receipt: string | null; logged: boolean; by: string | null; voucher: string | null
}
/** Who may pay for the holder, and how much: in cents, over all that they may pay with. null is no limit; no programmes is all. */
export type Helper = { id: string; name: string; programmes: number[]; per_purchase: number | null; per_month: number | null; until: number | null; last_used: number | null }
export type Municipality = { name: string; phone: string; hours: string }
export type State = {
  server_time: number; holder: { name: string; number: string }; vouchers: Voucher[]; activity: Activity[]; revoked: string[]
  log: { url: string; policy_url: string }; municipality: Municipality
  helpers: Helper[]
  /** This phone is a helper's: whom it helps, and until when. */
  helping: { name: string; until: number | null } | null
}
export type Shop = { number: number; name: string }
export type Config = { municipality: Municipality; issuer: string; log_url: string; policy_url: string; server_time: number }

/** A member that an older server does not have. */
const or = <T>(read: Read<T>, otherwise: T): Read<T> => (value) => (value === undefined || value === null ? otherwise : read(value))
const OWN: Whose = { name: '', relation: 'self' }

const voucher = record<Voucher>({
  id: text, prg: whole, programme: text, name_en: text, icon: text, kind: oneOf('money', 'tickets'), currency: text,
  unit_cents: whole, balance: whole, max_redemption: whole, bound_above: maybe(whole), valid_from: whole, valid_until: whole, suspended: flag, live_passes: whole,
  whose: or(record<Whose>({ name: text, relation: oneOf('self', 'child', 'helped') }), OWN), series: maybe(text), series_en: maybe(text),
})
const activity = record<Activity>({
  id: text, kind: oneOf('redemption', 'void', 'refund', 'top_up', 'correction'), amount: whole, prg: whole, merchant: maybe(text), at: whole, receipt: maybe(text), logged: flag,
  by: maybe(text), voucher: maybe(text),
})
const municipality = record<Municipality>({ name: text, phone: text, hours: text })
const helper = record<Helper>({
  id: text, name: text, programmes: or(list(whole), []), per_purchase: maybe(whole), per_month: maybe(whole), until: maybe(whole), last_used: maybe(whole),
})
/** Reads the server's answer, or one that the phone kept from before. */
export const readState = record<State>({
  server_time: whole, holder: record<State['holder']>({ name: text, number: text }), vouchers: list(voucher), activity: list(activity), revoked: list(text),
  log: record<State['log']>({ url: text, policy_url: text }), municipality,
  helpers: or(list(helper), []), helping: maybe(record<NonNullable<State['helping']>>({ name: text, until: maybe(whole) })),
})
const config = record<Config>({
  municipality, issuer: text, log_url: text, policy_url: text, server_time: whole,
})
const coverPot = record<CoverPot>({
  voucher: text, balance: whole, parts: list(record<Part>({ amount: whole, salt: text, path: list(text) })), since: list(record<CoverPot['since'][number]>({ id: text, amount: whole })),
})
const cover = record<CoverAnswer>({ party: text, tlog_proof: text, pots: list(coverPot) })

export function getConfig(): Promise<Result<Config>> {
  return call({ method: 'GET', path: '/api/v1/config', read: config })
}

/** The issuer's public keys (RFC 7517), as they are: core reads them. */
export function getKeys(): Promise<Result<{ keys: Claims[] }>> {
  return call({ method: 'GET', path: '/.well-known/jwks.json', read: record<{ keys: Claims[] }>({ keys: list(anything as Read<Claims>) }) })
}

/** Makes the server give a fresh nonce, for key proofs. */
export function getNonce(): Promise<Result<{ nonce: string }>> {
  return call({ method: 'GET', path: '/api/v1/wallet/nonce', read: record<{ nonce: string }>({ nonce: text }) })
}

/** Binds this phone to the holder of an activation code. Problems: unknown_code, rate_limited. */
export function enrolDevice(code: string, key: KeyPair): Promise<Result<{ device: unknown; state: State }>> {
  const jwk: PublicJwk = key.publicJwk
  return call({ method: 'POST', path: '/api/v1/wallet/devices', key, body: { code, jwk }, read: record<{ device: unknown; state: State }>({ device: anything, state: readState }) })
}

export function getState(key: KeyPair): Promise<Result<State>> {
  return call({ method: 'GET', path: '/api/v1/wallet/state', key, read: readState })
}

/** One pass for each key proof, in their order. With `reserve` the last one is the reserve pass. */
export function requestPasses(key: KeyPair, order: { voucher: string; proofs: string[]; reserve: boolean }): Promise<Result<{ passes: string[] }>> {
  return call({ method: 'POST', path: '/api/v1/wallet/passes', key, body: order, read: record<{ passes: string[] }>({ passes: list(text) }) })
}

/** Problem not_logged_yet carries the time of the next batch in its facts. */
export function getProof(key: KeyPair, redemption: string): Promise<Result<LogReceipt>> {
  return call({ method: 'GET', path: `/api/v1/wallet/proofs/${encodeURIComponent(redemption)}`, key, read: logReceipt })
}

/** Problem not_logged_yet: no proof of cover is co-signed yet. */
export function getCover(key: KeyPair): Promise<Result<CoverAnswer>> {
  return call({ method: 'GET', path: '/api/v1/wallet/cover', key, read: cover })
}

/** The shops that take passes, for anyone. */
export function getShops(): Promise<Result<{ shops: Shop[] }>> {
  return call({ method: 'GET', path: '/api/v1/shops', read: record<{ shops: Shop[] }>({ shops: list(record<Shop>({ number: whole, name: text })) }) })
}

/** Ends what a helper may do. */
export function stopHelper(key: KeyPair, id: string): Promise<Result<unknown>> {
  return call({ method: 'DELETE', path: `/api/v1/wallet/helpers/${encodeURIComponent(id)}`, key, read: anything })
}

/** Stops all phones of the holder whose block code this is. Problems: unknown_code, rate_limited. */
export function reportLost(code: string): Promise<Result<{ blocked_at: number }>> {
  return call({ method: 'POST', path: '/api/v1/wallet/lost', body: { code }, read: record<{ blocked_at: number }>({ blocked_at: whole }) })
}
