/**
 * What a till keeps: who it is, and its record chain (spec 03).
 * 1. `self` is one row: the till's identity, its non-extractable key, its bundle.
 * 2. `entries` is the chain, one row a record, key `seq`. A row is added before its record is sent; two tabs
 *    that want the same seq collide here and not at the server.
 * 3. When the answer is in, the record's text (with the pass in it) is dropped; its hash stays for the chain.
 */
import type { DBSchema } from 'idb'
import type { KeyPair } from '../core/keys.ts'
import type { PublicJwk } from '../core/p256.ts'
import type { RefusalCode } from '../core/refusals.ts'
import { database } from './database.ts'

export type TillSelf = {
  id: string
  name: string
  merchant: { number: number; name: string }
  enrolNonce: string
  key: KeyPair
  /** The keys that were pinned when this till enrolled: the current one and the next. One of them signs every bundle. */
  bundleKeys: PublicJwk[]
  bundle: string
}

export type EntryKind = 'sale' | 'void' | 'refund'
/** sent: no answer known yet · done: booked · refused: the server said no. */
export type EntryState = 'sent' | 'done' | 'refused'

/** One record and what came of it. Amounts in the programme's units, times in epoch seconds. */
export type Entry = {
  seq: number
  kind: EntryKind
  state: EntryState
  txn: string
  at: number
  hash: string
  record: string | null
  amount: number
  cur: string
  /** 0 until the answer, when only the server can tell it. */
  prg: number
  /** The redemption's number: of a sale once it is done, of a void or refund the one that it takes back. */
  redemption: string | null
  approved: number
  code: RefusalCode | null
}

interface TillSchema extends DBSchema {
  self: { key: 'self' | 'probe'; value: TillSelf }
  entries: { key: number; value: Entry }
}

const withDb = database<TillSchema>('meedoen-till', (db) => {
  db.createObjectStore('self')
  db.createObjectStore('entries', { keyPath: 'seq' })
})

export const readSelf = (): Promise<TillSelf | undefined> => withDb((db) => db.get('self', 'self'))
export const writeSelf = (self: TillSelf): Promise<unknown> => withDb((db) => db.put('self', self, 'self'))

/** True when this browser can keep a key: private and lockdown modes sometimes cannot. */
export async function canKeep(self: TillSelf): Promise<boolean> {
  try {
    await withDb((db) => db.put('self', self, 'probe'))
    await withDb((db) => db.delete('self', 'probe'))
    return true
  } catch {
    return false
  }
}

/** A new enrolment starts a new chain: the rows of the old one go. */
export function startChain(self: TillSelf): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction(['self', 'entries'], 'readwrite')
    await Promise.all([change.objectStore('entries').clear(), change.objectStore('self').put(self, 'self'), change.done])
  })
}

export const lastEntry = (): Promise<Entry | undefined> => withDb(async (db) => (await db.transaction('entries').store.openCursor(null, 'prev'))?.value)

/** Throws ConstraintError when this seq is taken. */
export const addEntry = (entry: Entry): Promise<unknown> => withDb((db) => db.add('entries', entry))
export const putEntry = (entry: Entry): Promise<unknown> => withDb((db) => db.put('entries', entry))
export const allEntries = (): Promise<Entry[]> => withDb((db) => db.getAll('entries'))

/** Rows from before `time` (epoch seconds) go, but never the head of the chain or a row without an answer. */
export function forget(time: number): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction('entries', 'readwrite')
    const rows = await change.store.getAll()
    const old = rows.slice(0, -1).filter((row) => row.at < time && row.state !== 'sent')
    await Promise.all([...old.map((row) => change.store.delete(row.seq)), change.done])
  })
}
