/** Checks one payment against the public log, in this browser, trusting nobody but the pinned policy. */
import { nextAt, type Problem } from '../api/client.ts'
import { getProof, type Activity } from '../api/wallet.ts'
import { LogError } from '../core/log/error.ts'
import { parsePolicy, policyAt } from '../core/log/policy.ts'
import { verifyReceipt, type LogReceipt, type Transfer, type Verified } from '../core/log/receipt.ts'
import { serverNow } from '../store/clock.ts'
import { pinnedPolicy, self, potOf } from './wallet.ts'

export type Check =
  | { kind: 'proved'; verified: Verified<Transfer>; receipt: LogReceipt }
  | { kind: 'not_yet'; next: number | null }
  | { kind: 'unreachable' }
  | { kind: 'differs'; why: string; receipt: LogReceipt }

export async function checkPayment(payment: Activity): Promise<Check> {
  const me = self.value
  const policy = await pinnedPolicy()
  if (!me || !policy) return { kind: 'unreachable' }
  const answer = await getProof({ privateKey: me.key, publicJwk: me.jwk }, payment.id)
  if (!answer.ok) return refused(answer.problem)
  try {
    const verified = await verifyReceipt(answer.value, policyAt(await parsePolicy(policy), serverNow()))
    const why = difference(payment, verified.said)
    return why ? { kind: 'differs', why, receipt: answer.value } : { kind: 'proved', verified, receipt: answer.value }
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    return { kind: 'differs', why: error.message, receipt: answer.value }
  }
}

const KINDS: Partial<Record<Activity['kind'], Transfer['kind']>> = { redemption: 'redeem', void: 'void', refund: 'refund' }

/** A proof that holds must also be about this payment; the log counts in cents. */
function difference(payment: Activity, transfer: Transfer): string | null {
  const { kind, amount } = payment
  if (transfer.kind !== KINDS[kind]) return 'The log has another kind of payment.'
  return transfer.amount === Math.abs(amount) * (potOf(payment)?.unit_cents ?? 1) ? null : 'The log has another amount.'
}

const refused = (problem: Problem): Check =>
  problem.code === 'not_logged_yet' ? { kind: 'not_yet', next: nextAt(problem) } : { kind: 'unreachable' }
