/**
 * The till's chain of signed records (spec 03): each names the hash of the one before. A record is stored before
 * it is sent, and one at a time, also between two tabs; so an answer that got lost is asked for with the same record.
 */
import { chainHash, firstPrev, writeRecord, type RecordMode, type Subject } from '../core/record.ts'
import { addEntry, lastEntry, type Entry, type TillSelf } from '../store/till.ts'

/** What is new about a record. `amount` in the programme's units, `at` and `bundleIat` epoch seconds. */
export type Draft = {
  mode: Exclude<RecordMode, 'off'>; amount: number; cur: string; prg: number; part: boolean; subject: Subject
  at: number; aud: string; bundleIat: number
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
  const txn = crypto.randomUUID()
  const { amount: amt, cur, prg, part, mode, subject, at, aud, bundleIat } = draft
  const claims = { till: self.id, aud, iat: at, jti: crypto.randomUUID(), txn, mode, amt, cur, prg, part, subject, seq, prev, bnd: bundleIat }
  const record = await writeRecord(claims, self.key)
  return newEntry(draft, { seq, txn, record, hash: await chainHash(record) })
}

function newEntry({ mode, amount, cur, prg, subject, at }: Draft, made: Pick<Entry, 'seq' | 'txn' | 'record' | 'hash'>): Entry {
  const redemption = 'ref' in subject ? subject.ref : null
  return { ...made, kind: mode === 'on' ? 'sale' : mode, state: 'sent', at, amount, cur, prg, redemption, approved: 0, code: null }
}

let queue: Promise<unknown> = Promise.resolve()

/** Web Locks keep two tabs apart; where they are missing, this page's own queue must do. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  if (navigator.locks) return navigator.locks.request('till-chain', work) as Promise<T>
  const turn = queue.then(work, work)
  queue = turn.catch(() => undefined)
  return turn
}
