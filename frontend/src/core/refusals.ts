/**
 * Every reason to refuse, with the code that server, till and wallet share (spec 04).
 * The sentence a person reads is in the locale under `refusal.<code>`.
 */

export const REFUSALS = [
  'malformed_request', 'malformed_qr', 'unsupported_version', 'malformed_record',
  'till_auth_failed', 'wallet_auth_failed', 'use_dpop_nonce',
  'till_suspended', 'merchant_not_in_programme', 'category_not_allowed', 'offline_not_allowed',
  'card_online_only', 'pin_required', 'pin_wrong',
  'unknown_pass', 'unknown_card', 'unknown_redemption', 'unknown_voucher', 'unknown_code',
  'already_redeemed', 'pass_revoked', 'voucher_suspended', 'voucher_not_started', 'voucher_ended',
  'insufficient_balance', 'txn_in_progress', 'chain_gap', 'chain_fork', 'already_voided', 'not_logged_yet',
  'pass_expired',
  'bad_signature', 'unknown_key', 'key_compromised', 'bad_proof', 'proof_mismatch', 'wrong_audience',
  'proof_stale', 'proof_from_future', 'amount_invalid', 'amount_over_max', 'wrong_programme',
  'idempotency_mismatch', 'late_record', 'time_implausible', 'refund_exceeds', 'refund_window_closed',
  'card_locked', 'rate_limited', 'unavailable',
  'list_stale', 'bundle_expired', 'over_offline_limit', 'till_offline_quota', 'till_clock_invalid',
] as const

export type RefusalCode = (typeof REFUSALS)[number]

/** A rule said no. `facts` carry what a sentence may want to name (minutes of skew, cents left). */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly facts: Readonly<Record<string, number | string>>

  constructor(code: RefusalCode, facts: Record<string, number | string> = {}) {
    super(code)
    this.name = 'Refusal'
    this.code = code
    this.facts = facts
  }
}

/** Runs `work`; any error but a Refusal becomes the refusal `code`. Parsers throw, doors refuse. */
export function refuseAs<T>(code: RefusalCode, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(code)
  }
}
