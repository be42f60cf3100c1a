/** The wallet's calls (spec 04): one typed function and one validator each. Money is in minor units, time in epoch seconds. */
import type { KeyPair } from '../core/keys.ts'
import type { Part } from '../core/log/cover.ts'
import type { CoverAnswer, CoverPot } from '../core/log/pots.ts'
import type { LogReceipt } from '../core/log/receipt.ts'
import type { PublicJwk } from '../core/p256.ts'
import type { Claims } from '../core/strict.ts'
import { call, type Result } from './client.ts'
import { anything, flag, list, logReceipt, maybe, oneOf, record, text, whole, type Read } from './shape.ts'

export type Voucher = {
  id: string; prg: number; programme: string; name_en: string; icon: string; kind: 'money' | 'tickets'; currency: string
  /** Balance and max_redemption are in units of unit_cents. */
  unit_cents: number; balance: number; max_redemption: number; valid_from: number; valid_until: number; suspended: boolean; live_passes: number
}
/** `amount` is below zero when it went out of the pot. */
export type Activity = {
  id: string; kind: 'redemption' | 'void' | 'refund' | 'top_up' | 'correction'; amount: number; prg: number; merchant: string | null; at: number; receipt: string | null; logged: boolean
}
export type Municipality = { name: string; phone: string; hours: string }
export type State = {
  server_time: number; holder: { name: string; number: string }; vouchers: Voucher[]; activity: Activity[]; revoked: string[]
  log: { url: string; policy_url: string }; municipality: Municipality
}
export type Config = { municipality: Municipality; issuer: string; log_url: string; policy_url: string; server_time: number }

const voucher = record<Voucher>({
  id: text, prg: whole, programme: text, name_en: text, icon: text, kind: oneOf('money', 'tickets'), currency: text,
  unit_cents: whole, balance: whole, max_redemption: whole, valid_from: whole, valid_until: whole, suspended: flag, live_passes: whole,
})
const activity = record<Activity>({
  id: text, kind: oneOf('redemption', 'void', 'refund', 'top_up', 'correction'), amount: whole, prg: whole, merchant: maybe(text), at: whole, receipt: maybe(text), logged: flag,
})
const municipality = record<Municipality>({ name: text, phone: text, hours: text })
const state = record<State>({
  server_time: whole, holder: record<State['holder']>({ name: text, number: text }), vouchers: list(voucher), activity: list(activity), revoked: list(text),
  log: record<State['log']>({ url: text, policy_url: text }), municipality,
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
  return call({ method: 'POST', path: '/api/v1/wallet/devices', key, body: { code, jwk }, read: record<{ device: unknown; state: State }>({ device: anything, state }) })
}

export function getState(key: KeyPair): Promise<Result<State>> {
  return call({ method: 'GET', path: '/api/v1/wallet/state', key, read: state })
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
