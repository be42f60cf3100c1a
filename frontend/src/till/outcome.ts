/**
 * What a till shows for each answer. Every refusal code has one of two faces:
 * 1. check (amber): somebody can still put it right here and now, with another code, amount or programme;
 * 2. refused (light, striped): this pass or this till cannot pay now.
 * The sentences are in the locale: `refusal.<code>` says what happened, `todo.<code>` what to do now.
 */
import { REFUSALS, type RefusalCode } from '../core/refusals.ts'

/** `kept`: paid, and not sent yet. */
export type Face = 'paid' | 'kept' | 'check' | 'refused'
/** What was said of a refusal besides its code. */
export type Facts = Readonly<Record<string, number | string>>
/** What the main button does: scan another code with this amount, change the amount, take what is left, or start over. */
export type Next = 'scan' | 'amount' | 'part' | 'start'

const CHECK: Partial<Record<RefusalCode, Next>> = {
  malformed_qr: 'scan',
  unsupported_version: 'scan',
  already_redeemed: 'scan',
  wrong_audience: 'scan',
  proof_stale: 'scan',
  proof_from_future: 'scan',
  pass_expired: 'scan',
  bad_proof: 'scan',
  proof_mismatch: 'scan',
  pin_required: 'scan',
  pin_wrong: 'scan',
  rate_limited: 'scan',
  txn_in_progress: 'scan',
  insufficient_balance: 'part',
  amount_over_max: 'part',
  over_offline_limit: 'part',
  amount_invalid: 'amount',
  wrong_programme: 'amount',
  merchant_not_in_programme: 'scan',
  category_not_allowed: 'scan',
}

/** What a till says more precisely than its code, as the fact `says`, and what to do next. */
const SAYS = { short: 'scan', listed: 'scan', other_code: 'scan', card_used: 'start', card_ended: 'start' } as const
export type Says = keyof typeof SAYS
const says = (facts: Facts = {}): Says | undefined => facts['says'] as Says | undefined

/** The last part of the keys of its sentences. */
export const wordsOf = (code: RefusalCode, facts?: Facts): Says | RefusalCode => says(facts) ?? code

export const nextOf = (code: RefusalCode, facts?: Facts): Next => SAYS[says(facts)!] ?? CHECK[code] ?? 'start'
export const faceOf = (code: RefusalCode, facts?: Facts): 'check' | 'refused' => (nextOf(code, facts) === 'start' ? 'refused' : 'check')

export const known = (code: string): code is RefusalCode => (REFUSALS as readonly string[]).includes(code)

/** Refusals that say nothing about the sale: the same record is sent again until there is a real answer. */
export const undecided = (code: RefusalCode): boolean => code === 'unavailable' || code === 'txn_in_progress'

/** Codes under which the municipality holds a sale to look at it: nothing is lost. */
export const looksAtIt = (code: string): boolean => HOLDING.has(code)

const HOLDING = new Set(['chain_gap', 'time_implausible', 'chain_fork', 'till_suspended'])
