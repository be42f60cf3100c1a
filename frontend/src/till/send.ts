/**
 * Sends a stored record and writes down what came of it.
 * 1. booked: the entry is done. 2. refused: the entry is refused, with its code.
 * 3. No answer, or one that says nothing about the sale: the entry stays as it is, to be sent again, the same.
 * With a sale booked the record's text goes; its hash stays in the chain. Of all else the server wants the record.
 */
import type { Result } from '../api/client.ts'
import { redeem, takeBack } from '../api/till.ts'
import { programmeOf } from '../core/receipt.ts'
import type { RefusalCode } from '../core/refusals.ts'
import { putEntry, type Entry } from '../store/till.ts'
import { heardFrom } from './connection.ts'
import { known, undecided, type Facts } from './outcome.ts'

/** `facts` are what the refusal told besides its code. `pin`: the card's PIN is asked for, or was wrong; `silent`: there was no answer. */
export type Sent = { entry: Entry; facts: Facts; pin?: 'pin_required' | 'pin_wrong'; silent?: boolean }

/** `prg` is told by the receipt: a short code leaves it to the server. */
export type Outcome = Pick<Entry, 'redemption' | 'approved' | 'prg'>

export async function send(entry: Entry, pin?: string): Promise<Sent> {
  if (entry.state !== 'sent' || entry.record === null) return { entry, facts: {} }
  const sent = settle(entry, heardFrom(await post(entry, entry.record, pin)))
  // An answer that cannot be written down is asked for again later; what it says is true all the same.
  if (sent.entry !== entry) await putEntry(sent.entry).catch(() => undefined)
  return sent
}

/** What an answer makes of an entry: the very same entry when it decides nothing. */
export function settle(entry: Entry, result: Result<Outcome>): Sent {
  if (result.ok) return { entry: { ...entry, record: entry.kind === 'sale' ? null : entry.record, state: 'done', ...result.value }, facts: {} }
  const { code, facts: told } = result.problem
  const facts = told as Facts
  if (!known(code) || undecided(code)) return { entry, facts: {}, silent: code === 'offline' || code === 'unavailable' }
  if (code === 'pin_required' || code === 'pin_wrong') return { entry, facts, pin: code }
  return { entry: refuse(entry, code), facts }
}

/** The record stays until the server has it for the chain. */
export const refuse = (entry: Entry, code: RefusalCode): Entry => ({ ...entry, state: 'refused', code })

async function post(entry: Entry, record: string, pin?: string): Promise<Result<Outcome>> {
  if (entry.kind === 'sale') return mapped(await redeem(record, entry.txn, pin), ({ id, approved, receipt }) => ({ redemption: id, approved, prg: entry.prg || programmeOf(receipt) }))
  const { redemption, prg } = entry
  return mapped(await takeBack(entry.kind, redemption!, record, entry.txn), ({ refunded }) => ({ redemption, approved: refunded, prg }))
}

function mapped<T, U>(result: Result<T>, change: (value: T) => U): Result<U> {
  return result.ok ? { ...result, value: change(result.value) } : result
}
