/**
 * May this till take a pass without asking the municipality? What concerns the till itself; the pass, the amount
 * and the shop are judged by `decide` (spec 05, "The till without a connection"). In this order:
 * 1. till_clock_invalid: its clock was set back, so nothing that rests on time can be judged;
 * 2. bundle_expired: its signed data is too old, also with the extra days `wd` that it grants;
 * 3. list_stale: one of its lists of withdrawn passes is missing or too old;
 * 4. till_offline_quota: too much waits to be sent, or it waits too long.
 */
import type { Bundle } from './bundle.ts'
import { DAY } from './pass.ts'
import { Refusal } from './refusals.ts'
import type { StatusList } from './statuslist.ts'

/** A record's time may be this much before the one before it. */
const BACK_SECONDS = 60
/** The server takes records without question for as long. */
export const SEND_WITHIN_SECONDS = 72 * 3_600

/** What was accepted and not yet sent: how many records, how many cents, since when (epoch seconds). */
export type Waiting = { records: number; cents: number; since: number | null }
/** `clockBack`: the device's clock was set back since the last answer. `lastAt`: when the last record was made. */
export type OwnState = { bundle: Bundle; lists: ReadonlyMap<string, StatusList>; waiting: Waiting; clockBack: boolean; lastAt: number }

/** When the oldest list was made of those that the bundle names; null when one is missing. */
export function oldestList({ bundle, lists }: Pick<OwnState, 'bundle' | 'lists'>): number | null {
  const times = bundle.lists.map((uri) => lists.get(uri)?.iat)
  return times.length && times.every((time) => time !== undefined) ? Math.min(...(times as number[])) : null
}

/** Whether the till may take one more sale of `cents` without a connection at `now` (epoch seconds); null: yes. */
export function ownRefusal(state: OwnState, cents: number, now: number): Refusal | null {
  const { bundle, waiting: { records, cents: total, since } } = state
  const extra = bundle.wd * DAY
  const oldest = oldestList(state)
  if (state.clockBack || now < state.lastAt - BACK_SECONDS || now < bundle.iat - BACK_SECONDS) return new Refusal('till_clock_invalid')
  if (now >= bundle.exp + extra) return new Refusal('bundle_expired')
  if (oldest === null || now - oldest > bundle.params.list_age + extra) return new Refusal('list_stale')
  const full = records >= bundle.params.records || total + cents > bundle.params.total
  return full || (since !== null && now - since > SEND_WITHIN_SECONDS) ? new Refusal('till_offline_quota') : null
}
