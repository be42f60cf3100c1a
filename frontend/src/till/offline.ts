/**
 * Selling without a connection (spec 05). A sale is written to the disk, in one change with the pass that paid,
 * before anybody is told that it is paid. Between two tabs the chain's lock decides who is first.
 */
import { signal } from '@preact/signals'
import { sha256, toBase64url, utf8 } from '../core/bytes.ts'
import { oldestList, ownRefusal, type OwnState, type Waiting } from '../core/offline.ts'
import { Refusal } from '../core/refusals.ts'
import { readStatusList, type StatusList } from '../core/statuslist.ts'
import { getStatusList } from '../api/till.ts'
import { clockWentBack, serverNow } from '../store/clock.ts'
import { allEntries, allLists, keep, lastEntry, putLists, putSeen, seenPass, type Entry } from '../store/till.ts'
import { dayStart } from '../ui/dates.ts'
import { alone, nextEntry, type Draft } from './chain.ts'
import { asked, online } from './connection.ts'
import type { Judged, Off } from './judge.ts'
import { bundle, entries, till } from './model.ts'
import { paymentOf } from './today.ts'

const lists = signal<ReadonlyMap<string, StatusList>>(new Map())

/** What was accepted and waits to be sent. */
export function waitingIn(rows: readonly Entry[]): Waiting {
  const waiting = rows.filter(({ state }) => state === 'kept')
  const cents = waiting.filter(({ kind, cur }) => kind === 'sale' && cur === 'EUR').reduce((sum, { amount }) => sum + amount, 0)
  return { records: waiting.length, cents, since: waiting.length ? Math.min(...waiting.map(({ at }) => at)) : null }
}

function ownState(rows: readonly Entry[]): OwnState {
  return { bundle: bundle.value!, lists: lists.value, waiting: waitingIn(rows), clockBack: clockWentBack(), lastAt: rows.at(-1)?.at ?? 0 }
}

/** Why this till cannot sell now: it has no connection and may not go on by itself. Null: it can. */
export function stopped(): Refusal | null {
  if (online.value || !till.value || !asked.value) return null // asked: time goes by between two of its beats
  return bundle.value ? ownRefusal(ownState(entries.value), 0, serverNow()) : new Refusal('bundle_expired')
}

/** What the till judges by while it has no connection. */
export async function offRules(): Promise<Off> {
  const rows = await allEntries()
  return { ...ownState(rows), seenAt, takenToday: async (jti) => takenToday(rows, await hashOf(jti), serverNow()) }
}

/** What the card of this hash paid here today without a connection, also what was sent meanwhile; less what was undone or refused. */
export function takenToday(rows: readonly Entry[], card: string, now: number): number {
  const from = dayStart(now)
  return rows.filter((row) => row.card === card && row.at >= from).reduce((sum, row) => sum + paymentOf(row, rows).left, 0)
}

const hashOf = async (jti: string): Promise<string> => toBase64url(await sha256(utf8(jti)))
const seenAt = async (jti: string): Promise<number | null> => (await seenPass(await hashOf(jti)))?.at ?? null

/** A pass that paid with a connection is known as well, for when the connection is gone. */
export async function notePaid({ jti, exp, subject }: Judged, at: number): Promise<void> {
  if ('card' in subject) return
  await putSeen({ hash: await hashOf(jti), exp, at }).catch(() => undefined)
}

/**
 * Accepts a sale that `judge` found good. `instead` is the record of the same sale that got no answer.
 * Throws Refusal when another tab was first, when the till may accept no more, or when it cannot write.
 */
export function keepSale(draft: Omit<Draft, 'mode'>, judged: Judged, instead: Entry | null): Promise<Entry> {
  return alone(async () => {
    const [rows, hash] = [await allEntries(), await hashOf(judged.jti)]
    const state = ownState(rows)
    const refusal = ownRefusal(state, draft.cur === 'EUR' ? draft.amount : 0, draft.at) ?? (await spentBefore(judged, draft.amount, rows, hash))
    if (refusal) throw refusal
    const made = await nextEntry(till.value!, rows.at(-1), { ...draft, mode: 'off', stl: oldestList(state)!, ...(instead ? { txn: instead.txn } : {}) })
    const entry = judged.daily === undefined ? made : { ...made, card: hash }
    await keep(instead ? [entry, { ...instead, state: 'left' }] : [entry], judged.daily === undefined ? { hash, exp: judged.exp, at: draft.at } : null)
    return entry
  }).catch((error: unknown) => { throw error instanceof Refusal ? error : new Refusal('malformed_record') })
}

/** A pass pays once; a signed card so much a day. */
async function spentBefore({ jti, daily }: Judged, amount: number, rows: readonly Entry[], hash: string): Promise<Refusal | null> {
  if (daily !== undefined) {
    const left = Math.max(0, daily - takenToday(rows, hash, serverNow()))
    return amount > left ? new Refusal('over_offline_limit', { max: left }) : null
  }
  const at = await seenAt(jti)
  return at === null ? null : new Refusal('already_redeemed', { at })
}

/** Undoes a sale that was not sent yet. Answers null when it was sent in the meantime. */
export function undoKept(sold: Entry, draft: Omit<Draft, 'mode' | 'subject'>): Promise<Entry | null> {
  return alone(async () => {
    if ((await allEntries()).find(({ seq }) => seq === sold.seq)?.state !== 'kept') return null
    const made = await nextEntry(till.value!, await lastEntry(), { ...draft, mode: 'void', subject: { ref: sold.jti }, unsent: true })
    await keep([made], null)
    return made
  })
}

/** The lists as they were last fetched. A browser without storage starts with none. */
export async function recallLists(): Promise<void> {
  lists.value = new Map((await allLists().catch(() => [])).map((list) => [list.uri, list]))
}

/** Fetches the lists of withdrawn passes that the bundle names. One that does not verify is not taken. */
export async function refreshLists(): Promise<void> {
  const rules = bundle.value
  if (!rules) return
  const fetched: StatusList[] = []
  for (const uri of rules.lists) {
    const answer = await getStatusList(uri.slice(rules.iss.length))
    const list = answer.ok ? await readStatusList(answer.value, uri, rules.ring).catch(() => null) : null
    if (list && list.iat >= (lists.value.get(uri)?.iat ?? 0)) fetched.push(list)
  }
  const living = [...lists.value].filter(([uri]) => rules.lists.includes(uri))
  lists.value = new Map([...living, ...fetched.map((list) => [list.uri, list] as const)])
  await putLists(fetched, rules.lists).catch(() => undefined)
}
