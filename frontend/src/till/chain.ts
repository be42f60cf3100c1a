/**
 * The till's chain of signed records (spec 03): each names the hash of the one before. A record is stored before
 * it is sent, and one at a time, also between two tabs; so an answer that got lost is asked for with the same record.
 */
import { chainHash, firstPrev, writeRecord, type RecordMode, type Subject } from '../core/record.ts'
import { addEntry, lastEntry, type Entry, type TillSelf } from '../store/till.ts'

/** What is new about a record. `amount` in the programme's units, `at` and `bundleIat` epoch seconds. */
export type Draft = {
  mode: RecordMode; amount: number; cur: string; prg: number; part: boolean; subject: Subject
  at: number; aud: string; bundleIat: number
  /** Of a sale without a connection: when the oldest list of withdrawn passes was made. */
  stl?: number
  /** Of the sale that was asked online first. */
  txn?: string
  /** It undoes a sale that was not sent yet, and goes with it. */
  unsent?: boolean
}

/** Signs and stores the next record. Nothing has been sent when this answers. */
export function append(self: TillSelf, draft: Draft): Promise<Entry> {
  return alone(async () => {
    const entry = await nextEntry(self, await lastEntry(), draft)
    await addEntry(entry)
    return entry
  })
}

/** The entry that follows `last`; the chain starts from the nonce of the enrolment. */
export async function nextEntry(self: TillSelf, last: Entry | undefined, draft: Draft): Promise<Entry> {
  const seq = (last?.seq ?? 0) + 1
  const prev = last?.hash ?? (await firstPrev(self.id, self.enrolNonce))
  const { amount: amt, cur, prg, part, mode, subject, at, aud, bundleIat, stl, txn = crypto.randomUUID() } = draft
  const jti = crypto.randomUUID()
  const claims = { till: self.id, aud, iat: at, jti, txn, mode, amt, cur, prg, part, subject, seq, prev, bnd: bundleIat }
  const record = await writeRecord(stl === undefined ? claims : { ...claims, stl }, self.key)
  return newEntry(draft, { seq, jti, txn, record, hash: await chainHash(record) })
}

function newEntry({ mode, amount, cur, prg, subject, at, unsent }: Draft, made: Pick<Entry, 'seq' | 'jti' | 'txn' | 'record' | 'hash'>): Entry {
  const redemption = 'ref' in subject ? subject.ref : null
  const offline = mode === 'off' || unsent === true
  const kind = mode === 'void' || mode === 'refund' ? mode : 'sale'
  return { ...made, kind, state: offline ? 'kept' : 'sent', offline, at, amount, cur, prg, redemption, approved: offline ? amount : 0, code: null }
}

let queue: Promise<unknown> = Promise.resolve()

/** One at a time. Web Locks keep two tabs apart; where they are missing, this page's own queue must do. */
export function alone<T>(work: () => Promise<T>): Promise<T> {
  if (navigator.locks) return navigator.locks.request('till-chain', work) as Promise<T>
  const turn = queue.then(work, work)
  queue = turn.catch(() => undefined)
  return turn
}
