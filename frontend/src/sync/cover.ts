/**
 * Is this holder's money there? At most once a day the phone looks for its pots in the newest proof of cover (spec 11):
 * 1. the proof is a leaf under a checkpoint that the pinned policy believes, and not older than the one seen before;
 * 2. the parts of each pot stand under its root, and with what moved since they come to the balance on this screen;
 * 3. money that came in counts as "since" only when it did come later, and a payment of later must be among "since".
 * Nothing is said while there is no proof or no network. What does not hold is looked at twice, then kept and told.
 */
import { signal } from '@preact/signals'
import type { Problem } from '../api/client.ts'
import { getCover, type Activity, type CoverAnswer, type CoverPot, type Voucher } from '../api/wallet.ts'
import { partName, readCover, verifyPart, type Cover } from '../core/log/cover.ts'
import { LogError, must } from '../core/log/error.ts'
import { leafHash } from '../core/log/merkle.ts'
import { parsePolicy, type Policy } from '../core/log/policy.ts'
import { parseProof, verifyProof } from '../core/log/proof.ts'
import { serverNow } from '../store/clock.ts'
import * as store from '../store/wallet.ts'
import { activity, pinnedPolicy, refresh, self, vouchers } from './wallet.ts'

/** What this phone found when it last looked; null before that. */
export const coverFound = signal<store.CoverFound | null>(null)

const DAY = 86_400
/** A movement may be under way when the proof is made, and clocks differ. */
const MARGIN = 3600

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
  notBefore = serverNow() + MARGIN
  await store.writeCover(found)
  coverFound.value = found
}

/** Something may have moved between two answers, so the first one that does not hold is not told. */
async function look(known: store.CoverFound | null, again: boolean): Promise<store.CoverFound | undefined> {
  const me = self.value
  const policy = await pinnedPolicy()
  if (!me || !policy) return undefined
  if (again) await refresh()
  const answer = await getCover({ privateKey: me.key, publicJwk: me.jwk })
  if (!answer.ok) return later(answer.problem)
  const mine = { vouchers: vouchers.value, activity: activity.value }
  try {
    return { ...(await judge(answer.value, mine, await parsePolicy(policy), known)), checkedAt: serverNow() }
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    if (!again) return look(known, true)
    const evidence = JSON.stringify({ why: error.message, answer: answer.value, ...mine, policy })
    return { kind: 'bad', checkedAt: serverNow(), at: known?.at ?? 0, party: known?.party ?? answer.value.party, why: error.message, evidence }
  }
}

/** No proof yet, or no network: nothing to say. The server says when it is worth asking again. */
function later({ facts }: Problem): undefined {
  const next = facts['next_at']
  if (typeof next === 'number') notBefore = next
}

type Mine = { vouchers: readonly Voucher[]; activity: readonly Activity[] }

/** What the answer shows. Throws LogError on what does not hold. */
export async function judge(answer: CoverAnswer, mine: Mine, policy: Policy, known: Pick<store.CoverFound, 'at' | 'party'> | null): Promise<{ kind: 'good' | 'short' | 'empty'; at: number; party: string }> {
  const proof = parseProof(answer.tlog_proof)
  await verifyProof(proof, await leafHash(proof.extra), policy)
  const cover = readCover(proof.extra)
  must(!known || (known.at <= cover.at && known.party === answer.party), 'This is an older proof than before, or it is about somebody else.')
  for (const voucher of mine.vouchers) {
    const pot = answer.pots.find((one) => one.voucher === voucher.id)
    must(pot, `The pot of ${voucher.programme} is left out.`)
    await checkPot(cover, pot, voucher, mine.activity.filter(({ prg }) => prg === voucher.prg), answer.party)
  }
  const counted = answer.pots.some(({ parts }) => parts.length > 0)
  return { kind: !counted ? 'empty' : cover.gap >= 0 ? 'good' : 'short', at: cover.at, party: answer.party }
}

async function checkPot(cover: Cover, pot: CoverPot, voucher: Voucher, moves: readonly Activity[], party: string): Promise<void> {
  for (const [i, part] of pot.parts.entries()) await verifyPart(cover, partName(cover, voucher.prg, party, i), part)
  const told = [...pot.parts, ...pot.since].reduce((sum, { amount }) => sum + amount, 0)
  must(told === pot.balance && Math.floor(pot.balance / voucher.unit_cents) === voucher.balance, `The parts of ${voucher.programme} and what moved since are not its balance.`)
  const since = new Set(pot.since.map(({ id }) => id))
  for (const { id, amount } of pot.since) {
    if (amount < 0) continue // a payment that is said to have come later makes the proof owe more, not less
    const move = moves.find((one) => one.id === id)
    must(move && move.amount * voucher.unit_cents === amount && move.at >= cover.at - MARGIN, `Money on ${voucher.programme} was there before the proof, and is not in it.`)
  }
  const late = moves.find(({ id, at, amount }) => amount < 0 && at > cover.at + MARGIN && !since.has(id))
  must(!late, `A payment from ${voucher.programme} came after the proof, and is taken off in it.`)
}
