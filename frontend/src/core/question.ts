/**
 * A shop's question (VPQ1, spec 03) as its holder's phone judges it before anybody confirms it.
 * 1. A question lives three minutes. A phone that cannot trust its own clock leaves that to the till, which has its own.
 * 2. The amount is at most what is in the pot, and at most what one sale may take. It needs no open code's limit.
 */
import type { Question } from './qr.ts'

export const QUESTION_SECONDS = 180

export type Objection = 'old' | 'balance' | 'ceiling'

/** Why this pot does not answer a question, or null. Amounts are in its units; `now` (epoch seconds) is null when it is not known. */
export function objection({ amount, askedAt }: Question, pot: { balance: number; max_redemption: number }, now: number | null): Objection | null {
  if (now !== null && now - askedAt > QUESTION_SECONDS) return 'old'
  if (amount > pot.balance) return 'balance'
  return pot.max_redemption && amount > pot.max_redemption ? 'ceiling' : null
}

/** Seconds for which the shop will still take an answer, at most; what passed before the phone read it counts when it is known. */
export function secondsToAnswer({ askedAt }: Question, now: number | null): number {
  const age = now === null ? 0 : Math.max(0, now - askedAt)
  return Math.max(0, QUESTION_SECONDS - age)
}
