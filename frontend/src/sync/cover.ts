/**
 * Is this holder's money there? At most once a day the phone looks for its pots in the newest proof of cover (spec 11),
 * by the rules of core/log/pots.ts. Nothing is said while there is no proof or no network. What does not hold is
 * looked at twice, then kept and told.
 */
import { signal } from '@preact/signals'
import { nextAt, type Problem } from '../api/client.ts'
import { getCover, type Activity, type Voucher } from '../api/wallet.ts'
import { LogError } from '../core/log/error.ts'
import { parsePolicy, policyAt } from '../core/log/policy.ts'
import { judgeCover } from '../core/log/pots.ts'
import { serverNow } from '../store/clock.ts'
import * as store from '../store/wallet.ts'
import { activity, pinnedPolicy, refresh, self, vouchers } from './wallet.ts'

/** What this phone found when it last looked; null before that. */
export const coverFound = signal<store.CoverFound | null>(null)

const DAY = 86_400
/** What is not good is looked at again after this. */
const HOUR = 3600

let checking: Promise<void> | null = null
let notBefore = 0

/** Checks, when a day has passed since the last good check. Calls at the same moment share one. */
export function checkCover(): Promise<void> {
  checking ??= check().finally(() => { checking = null })
  return checking
}

async function check(): Promise<void> {
  const known = (await store.readCover()) ?? null
  coverFound.value = known
  const settled = known?.kind === 'good' || known?.kind === 'short'
  if (serverNow() < notBefore || (settled && serverNow() - known.checkedAt < DAY)) return
  const found = await look(known, false)
  if (!found) return
  notBefore = serverNow() + HOUR
  await store.writeCover(found)
  coverFound.value = found
}

/** The holder's own pots and what moved on them: those of a child or of somebody who is helped stand under another name. */
export function ownOf(all: readonly Voucher[], moves: readonly Activity[]): { vouchers: Voucher[]; activity: Activity[] } {
  const own = all.filter(({ whose }) => whose.relation === 'self')
  return { vouchers: own, activity: moves.filter(({ voucher }) => voucher === null || own.some(({ id }) => id === voucher)) }
}

/** Something may have moved between two answers, so the first one that does not hold is not told. */
async function look(known: store.CoverFound | null, again: boolean): Promise<store.CoverFound | undefined> {
  const me = self.value
  const policy = await pinnedPolicy()
  if (!me || !policy || !vouchers.value.some(({ whose }) => whose.relation === 'self')) return undefined
  if (again) await refresh()
  const answer = await getCover({ privateKey: me.key, publicJwk: me.jwk })
  if (!answer.ok) return later(answer.problem)
  const mine = ownOf(vouchers.value, activity.value)
  try {
    const trusted = policyAt(await parsePolicy(policy), serverNow())
    return { ...(await judgeCover(answer.value, mine, trusted, known)), checkedAt: serverNow() }
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    if (!again) return look(known, true)
    const evidence = JSON.stringify({ why: error.message, answer: answer.value, ...mine, policy })
    return { kind: 'bad', checkedAt: serverNow(), at: known?.at ?? 0, party: known?.party ?? answer.value.party, why: error.message, evidence }
  }
}

/** No proof yet, or no network: nothing to say. The server says when it is worth asking again. */
function later(problem: Problem): undefined {
  notBefore = nextAt(problem) ?? notBefore
}
