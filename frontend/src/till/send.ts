/**
 * Sends a stored record and writes down what came of it.
 * 1. booked: the entry is done. 2. refused: the entry is refused, with its code.
 * 3. No answer, or one that says nothing about the sale: the entry stays as it is, to be sent again, the same.
 * With an answer in, the record's text goes; its hash stays in the chain.
 */
import type { Result } from '../api/client.ts'
import { redeem, takeBack } from '../api/till.ts'
import { programmeOf } from '../core/receipt.ts'
import { REFUSALS, type RefusalCode } from '../core/refusals.ts'
import { putEntry, type Entry } from '../store/till.ts'
import { heardFrom } from './connection.ts'
import { undecided } from './outcome.ts'

export type Facts = Readonly<Record<string, number | string>>
/** `facts` are what the refusal told besides its code. */
export type Sent = { entry: Entry; facts: Facts }

/** `prg` is told by the receipt: a short code leaves it to the server. */
export type Outcome = Pick<Entry, 'redemption' | 'approved' | 'prg'>

export async function send(entry: Entry): Promise<Sent> {
  if (entry.state !== 'sent' || entry.record === null) return { entry, facts: {} }
  const sent = settle(entry, heardFrom(await post(entry, entry.record)))
  // An answer that cannot be written down is asked for again later; what it says is true all the same.
  if (sent.entry !== entry) await putEntry(sent.entry).catch(() => undefined)
  return sent
}

/** What an answer makes of an entry: the very same entry when it decides nothing. */
export function settle(entry: Entry, result: Result<Outcome>): Sent {
  if (result.ok) return { entry: { ...entry, record: null, state: 'done', ...result.value }, facts: {} }
  const { code, facts } = result.problem
  if (!known(code) || undecided(code)) return { entry, facts: {} }
  return { entry: { ...entry, record: null, state: 'refused', code }, facts: (facts['facts'] ?? {}) as Facts }
}

async function post(entry: Entry, record: string): Promise<Result<Outcome>> {
  if (entry.kind === 'sale') return mapped(await redeem(record, entry.txn), ({ id, approved, receipt }) => ({ redemption: id, approved, prg: entry.prg || programmeOf(receipt) }))
  const { redemption, prg } = entry
  return mapped(await takeBack(entry.kind, redemption!, record, entry.txn), ({ refunded }) => ({ redemption, approved: refunded, prg }))
}

function mapped<T, U>(result: Result<T>, change: (value: T) => U): Result<U> {
  return result.ok ? { ...result, value: change(result.value) } : result
}

const known = (code: string): code is RefusalCode => (REFUSALS as readonly string[]).includes(code)
