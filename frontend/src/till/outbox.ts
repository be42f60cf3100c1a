/**
 * What waits to be sent, and how it is (spec 05): in the order of the chain, as soon as there is a connection, on start
 * and on a timer. One tab at a time. The same record may be sent twice: the server knows it and answers the same.
 */
import { computed, signal } from '@preact/signals'
import { getCases, sendRecords, type Outcome, type Taken } from '../api/till.ts'
import { serverNow } from '../store/clock.ts'
import { allEntries, putAnswers, readNote, writeNote, type Case, type Entry } from '../store/till.ts'
import { heardFrom, online } from './connection.ts'
import { entries, till } from './model.ts'
import { known } from './outcome.ts'

const MOST = 500
const MOST_CHARACTERS = 1_000_000
/** A record without an answer may still be on its way to the server. */
const ON_ITS_WAY_SECONDS = 10

/** True while records are being sent. */
export const sending = signal(false)
/** Why the server did not take them, when it said so. */
export const trouble = signal<string | null>(null)
/** What the server refused or holds of this shop, as last heard. */
export const cases = signal<readonly Case[]>([])
export const openCases = computed(() => cases.value.filter(({ state }) => state === 'open'))

/** The sales that nobody but this tablet knows, and since when (epoch seconds). */
export const unsent = computed(() => {
  const rows = entries.value.filter(({ state }) => state === 'kept')
  return { count: rows.filter(({ kind }) => kind === 'sale').length, rows: rows.length, since: rows[0]?.at ?? null }
})

/** A sale that was approved online is in the server's own books; of all else it wants the record. */
const wanted = (acked: number) => ({ seq, record, state }: Entry): boolean => record !== null && (seq > acked || state === 'kept')

/** What to send now, in the order of the chain, in pieces that the server takes. */
export function pieces(rows: readonly Entry[], acked: number, now: number): Entry[][] {
  const stop = rows.findIndex(({ state, at }) => state === 'sent' && now - at < ON_ITS_WAY_SECONDS)
  const queue = (stop < 0 ? rows : rows.slice(0, stop)).filter(wanted(acked))
  const made: Entry[][] = []
  let room = 0
  for (const entry of queue) {
    room -= entry.record!.length
    if (room < 0 || made.at(-1)!.length === MOST) {
      made.push([])
      room = MOST_CHARACTERS - entry.record!.length
    }
    made.at(-1)!.push(entry)
  }
  return made
}

/** What an outcome makes of an entry. Only what was made offline is decided here. */
export function decided(entry: Entry, { outcome, code, id, approved }: Outcome): Entry {
  if (!entry.offline || (entry.state !== 'kept' && entry.state !== 'held')) return entry
  const why = code !== null && known(code) ? code : 'unavailable'
  if (outcome === 'held') return { ...entry, state: 'held', code: why }
  const nothing = id === null && (outcome === 'rejected' || (outcome === 'duplicate_record' && code !== null))
  if (nothing) return { ...entry, state: 'refused', approved: 0, code: why }
  const redemption = entry.kind === 'sale' ? (id ?? entry.redemption) : entry.redemption
  return { ...entry, state: 'done', redemption, approved: approved ?? entry.amount, code: null }
}

/** All rows that an answer changes. What the server has is deleted here, but for what still waits for its own answer. */
export function absorb(rows: readonly Entry[], { results, acked_seq: acked }: Taken): Entry[] {
  const bySeq = new Map(results.map((result) => [result.seq, result]))
  return rows.flatMap((row) => {
    const result = bySeq.get(row.seq)
    const next = result ? decided(row, result) : row
    const done = next.record !== null && next.seq <= acked && next.state !== 'sent' && next.state !== 'kept'
    return done ? [{ ...next, record: null }] : next === row ? [] : [next]
  })
}

/** Sends what waits, unless another tab is doing so. */
export function sendQueue(): Promise<void> {
  if (!navigator.locks) return sendAll()
  return navigator.locks.request('till-queue', { ifAvailable: true }, (lock) => (lock ? sendAll() : undefined)) as Promise<void>
}

async function sendAll(): Promise<void> {
  if (sending.value || !till.value) return
  sending.value = true
  try {
    for (const piece of pieces(await allEntries(), await acked(), serverNow())) {
      const answer = heardFrom(await sendRecords(till.value.key, piece.map(({ record }) => record!)))
      trouble.value = answer.ok || answer.problem.code === 'offline' ? null : answer.problem.code
      if (!answer.ok) return
      await putAnswers(absorb(await allEntries(), answer.value), Math.max(answer.value.acked_seq, await acked()))
    }
  } finally {
    sending.value = false
    entries.value = await allEntries().catch(() => entries.value)
  }
}

const acked = async (): Promise<number> => (await readNote('acked')) ?? 0

/**
 * What came of the sales that the server refused or held. `told` has all that this shop misses: what was held and is
 * not among them any more was paid.
 */
export function settledBy(rows: readonly Entry[], told: readonly Case[]): Entry[] {
  return rows.filter(({ offline, kind, state, record }) => offline && kind === 'sale' && record === null && (state === 'held' || state === 'refused')).flatMap((row): Entry[] => {
    const found = told.find(({ seq, txn }) => seq === row.seq && txn === row.txn)
    if (found?.state === 'open' || (!found && row.state === 'refused')) return []
    const missed = found?.state === 'closed' ? found.amount : 0
    if (missed < row.amount) return [{ ...row, state: 'done', approved: row.amount - missed, code: null }]
    return row.state === 'refused' ? [] : [{ ...row, state: 'refused', approved: 0 }]
  })
}

export async function recallCases(): Promise<void> {
  cases.value = (await readNote('cases').catch(() => undefined)) ?? []
}

/** Asks what the server refused or holds. Without an answer the last one stays in view. */
export async function refreshCases(): Promise<void> {
  if (!till.value || !online.value) return
  const before = await allEntries()
  const answer = heardFrom(await getCases(till.value.key))
  if (!answer.ok) return
  cases.value = answer.value.cases
  await writeNote('cases', answer.value.cases).catch(() => undefined)
  const changed = settledBy(before, answer.value.cases)
  if (!changed.length) return
  await putAnswers(changed, await acked())
  entries.value = await allEntries()
}
