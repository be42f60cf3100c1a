/**
 * What a till keeps: who it is, its record chain (spec 03), and what it needs without a connection (spec 05).
 * 1. `self` is one row: the till's identity, its non-extractable key, its bundle.
 * 2. `entries` is the chain, one row a record, key `seq`. A row is added before its record is sent; two tabs
 *    that want the same seq collide here and not at the server.
 * 3. A record's text (with the pass in it) is dropped when the server has it; its hash stays for the chain.
 * 4. `seen` has the SHA-256 of each pass that paid here, until the pass ends.
 * 5. `lists` are the lists of withdrawn passes, `notes` what is one of a kind.
 * What is accepted without a connection is written with strict durability: it is on the disk before anybody is told.
 */
import type { DBSchema } from 'idb'
import type { KeyPair } from '../core/keys.ts'
import type { PublicJwk } from '../core/p256.ts'
import type { Question } from '../core/qr.ts'
import type { RefusalCode } from '../core/refusals.ts'
import type { StatusList } from '../core/statuslist.ts'
import { database } from './database.ts'

export type TillSelf = {
  id: string
  name: string
  merchant: { number: number; name: string }
  enrolNonce: string
  key: KeyPair
  /** The keys that were pinned at enrolment or named by the last bundle: the current one and the next. One of them signs every bundle. */
  bundleKeys: PublicJwk[]
  bundle: string
}

export type EntryKind = 'sale' | 'void' | 'refund'
/**
 * sent: no answer known yet · done: booked · refused: the server said no · kept: accepted here, not sent yet ·
 * held: sent, and looked at by the municipality · left: no answer came, the sale went on offline under the same `txn`.
 */
export type EntryState = 'sent' | 'done' | 'refused' | 'kept' | 'held' | 'left'

/** One record and what came of it. Amounts in the programme's units, times in epoch seconds. */
export type Entry = {
  seq: number
  kind: EntryKind
  state: EntryState
  /** Made without a connection. */
  offline: boolean
  jti: string
  txn: string
  at: number
  hash: string
  record: string | null
  amount: number
  cur: string
  /** 0 until the answer, when only the server can tell it. */
  prg: number
  /** The redemption's number: of a sale once it is done, of a void or refund the one that it takes back (or the record's jti). */
  redemption: string | null
  approved: number
  code: RefusalCode | null
  /** SHA-256 of the number of the signed card that paid without a connection. */
  card?: string
}

/** A pass that paid here: `hash` of its jti, when it ends and when it paid. */
export type Seen = { hash: string; exp: number; at: number }
/** What the server refused or holds of this shop's offline sales (spec 04). */
export type Case = { id: string; txn: string; seq: number; code: string; amount: number; cur: string; prg: number; at: number; state: 'open' | 'paid' | 'closed' }
/** `acked`: the server has the chain up to here. `shown`: the last offline sale whose result was on the screen. */
type Notes = { acked: number; shown: number; question: Question | null; cases: Case[] }

interface TillSchema extends DBSchema {
  self: { key: 'self' | 'probe'; value: TillSelf }
  entries: { key: number; value: Entry }
  seen: { key: string; value: Seen }
  lists: { key: string; value: StatusList }
  notes: { key: keyof Notes; value: Notes[keyof Notes] }
}

const STRICT = { durability: 'strict' } as const

const withDb = database<TillSchema>(
  'meedoen-till',
  (db) => {
    db.createObjectStore('self')
    db.createObjectStore('entries', { keyPath: 'seq' })
  },
  async (db, rows) => {
    db.createObjectStore('seen', { keyPath: 'hash' })
    db.createObjectStore('lists', { keyPath: 'uri' })
    db.createObjectStore('notes')
    const entries = rows.objectStore('entries')
    for (const old of await entries.getAll()) await entries.put({ ...old, offline: false, jti: '' })
  },
)

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

/** A new enrolment starts a new chain: the rows of the old one go. The passes that paid here stay known. */
export function startChain(self: TillSelf): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction(['self', 'entries', 'notes', 'lists'], 'readwrite', STRICT)
    const [entries, notes, lists] = [change.objectStore('entries'), change.objectStore('notes'), change.objectStore('lists')]
    await Promise.all([entries.clear(), notes.clear(), lists.clear(), change.objectStore('self').put(self, 'self'), change.done])
  })
}

export const lastEntry = (): Promise<Entry | undefined> => withDb(async (db) => (await db.transaction('entries').store.openCursor(null, 'prev'))?.value)

/** Throws ConstraintError when this seq is taken. */
export const addEntry = (entry: Entry): Promise<unknown> => keep([entry], null)
export const putEntry = (entry: Entry): Promise<unknown> => withDb((db) => db.put('entries', entry))
export const allEntries = (): Promise<Entry[]> => withDb((db) => db.getAll('entries'))

/**
 * Adds a record; with `seen`, the pass that paid. `changed` is another row that changes with it.
 * It is on the disk when this answers. Throws ConstraintError when the seq is taken or the pass paid before.
 */
export function keep([entry, changed]: [Entry, Entry?], seen: Seen | null): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction(['entries', 'seen'], 'readwrite', STRICT)
    const entries = change.objectStore('entries')
    await Promise.all([
      entries.add(entry), changed && entries.put(changed), seen && change.objectStore('seen').add(seen), change.done,
    ])
  })
}

/** Writes down what the server said of some records, and up to where it has the chain. */
export function putAnswers(changed: readonly Entry[], acked: number): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction(['entries', 'notes'], 'readwrite', STRICT)
    await Promise.all([...changed.map((entry) => change.objectStore('entries').put(entry)), change.objectStore('notes').put(acked, 'acked'), change.done])
  })
}

export const seenPass = (hash: string): Promise<Seen | undefined> => withDb((db) => db.get('seen', hash))
export const putSeen = (seen: Seen): Promise<unknown> => withDb((db) => db.put('seen', seen))

export const allLists = (): Promise<StatusList[]> => withDb((db) => db.getAll('lists'))
/** The newest of these lists; those that no living pass is in any more go. */
export function putLists(lists: readonly StatusList[], living: readonly string[]): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction('lists', 'readwrite')
    const old = (await change.store.getAllKeys()).filter((uri) => !living.includes(uri))
    await Promise.all([...old.map((uri) => change.store.delete(uri)), ...lists.map((list) => change.store.put(list)), change.done])
  })
}

export const readNote = <Name extends keyof Notes>(name: Name): Promise<Notes[Name] | undefined> => withDb((db) => db.get('notes', name) as Promise<Notes[Name] | undefined>)
export const writeNote = <Name extends keyof Notes>(name: Name, value: Notes[Name]): Promise<unknown> => withDb((db) => db.put('notes', value, name))

/** A row that the server or a person still has something to say about. */
const open = ({ state, record }: Entry): boolean => record !== null || state === 'sent' || state === 'kept' || state === 'held'

/** Rows from before `time` (epoch seconds) go, but never the head of the chain or a row that is not settled; and passes that ended by `now`. */
export function forget(time: number, now: number): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction(['entries', 'seen'], 'readwrite')
    const [entries, seen] = [change.objectStore('entries'), change.objectStore('seen')]
    const old = (await entries.getAll()).slice(0, -1).filter((row) => row.at < time && !open(row))
    const ended = (await seen.getAll()).filter(({ exp }) => exp <= now)
    await Promise.all([...old.map((row) => entries.delete(row.seq)), ...ended.map(({ hash }) => seen.delete(hash)), change.done])
  })
}
