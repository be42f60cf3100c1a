/** Is what a pasted, dropped or scanned proof says in the public log: a payment, or what a shop is paid? */
import { readOpening, readReceipt } from '../core/log/opening.ts'
import type { Policy } from '../core/log/policy.ts'
import { parseSaid, verifyLine, verifyReceipt, type LogReceipt, type Verified } from '../core/log/receipt.ts'
import { failureOf, type Failure } from './failure.ts'
import { NotThere, receiptOf } from './log.ts'

export type Answer =
  | { kind: 'proved'; verified: Verified; receipt: LogReceipt }
  | { kind: 'unreadable'; why: string }
  | { kind: 'not_there' }
  | Failure

/** `given` is a receipt file or a link; `trusted` gives whom to believe. Never throws. */
export async function checkReceipt(given: string, trusted: () => Promise<Policy>): Promise<Answer> {
  let whole: () => Promise<LogReceipt>
  try {
    whole = read(given.trim())
  } catch (error) {
    return { kind: 'unreadable', why: error instanceof Error ? error.message : String(error) }
  }
  try {
    const policy = await trusted()
    const receipt = await whole().catch(noneYet)
    if (!receipt) return { kind: 'not_there' }
    return { kind: 'proved', receipt, verified: await verify(receipt, policy) }
  } catch (error) {
    return failureOf(error)
  }
}

function noneYet(error: unknown): null {
  if (error instanceof NotThere) return null
  throw error
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

const verify = (receipt: LogReceipt, policy: Policy): Promise<Verified> =>
  parseSaid(receipt.canonical).t === 'settled' ? verifyLine(receipt, policy) : verifyReceipt(receipt, policy)
