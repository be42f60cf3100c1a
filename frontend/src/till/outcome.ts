/**
 * What a till shows for each answer. Every refusal code has one of two faces:
 * 1. check (amber): somebody can still put it right here and now, with another code, amount or programme;
 * 2. refused (light, striped): this pass or this till cannot pay now.
 * The sentences are in the locale: `refusal.<code>` says what happened, `todo.<code>` what to do now.
 */
import type { RefusalCode } from '../core/refusals.ts'

export type Face = 'paid' | 'check' | 'refused'
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
  amount_invalid: 'amount',
  wrong_programme: 'amount',
  merchant_not_in_programme: 'scan',
  category_not_allowed: 'scan',
}

export const faceOf = (code: RefusalCode): Face => (code in CHECK ? 'check' : 'refused')
export const nextOf = (code: RefusalCode): Next => CHECK[code] ?? 'start'

/** Refusals that say nothing about the sale: the same record is sent again until there is a real answer. */
export const undecided = (code: RefusalCode): boolean => code === 'unavailable' || code === 'txn_in_progress'
