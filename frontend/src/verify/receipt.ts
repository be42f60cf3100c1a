/** Is the payment of a pasted, dropped or scanned proof in the public log? */
import { LogError } from '../core/log/error.ts'
import { readOpening, readReceipt } from '../core/log/opening.ts'
import { parsePolicy } from '../core/log/policy.ts'
import { verifyReceipt, type LogReceipt, type Verified } from '../core/log/receipt.ts'
import { NotThere, receiptOf } from './log.ts'

export type Answer =
  | { kind: 'proved'; verified: Verified; receipt: LogReceipt }
  | { kind: 'unreadable'; why: string }
  | { kind: 'not_there' }
  | { kind: 'unreachable' }
  | { kind: 'differs'; why: string }

/** `given` is a receipt file or a link; `policy` says whom to believe. */
export async function checkReceipt(given: string, policy: string): Promise<Answer> {
  let whole: () => Promise<LogReceipt>
  try {
    whole = read(given.trim())
  } catch (error) {
    return { kind: 'unreadable', why: error instanceof Error ? error.message : String(error) }
  }
  try {
    const receipt = await whole()
    return { kind: 'proved', receipt, verified: await verifyReceipt(receipt, await parsePolicy(policy)) }
  } catch (error) {
    if (error instanceof NotThere) return { kind: 'not_there' }
    return error instanceof LogError ? { kind: 'differs', why: error.message } : { kind: 'unreachable' }
  }
}

/** A file holds everything; for a link the rest is fetched. Throws LogError when it is neither. */
function read(given: string): () => Promise<LogReceipt> {
  if (given.startsWith('{')) {
    const receipt = readReceipt(given)
    return () => Promise.resolve(receipt)
  }
  const opening = readOpening(given)
  return () => receiptOf(opening)
}
