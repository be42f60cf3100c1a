/**
 * Is all of a holder's money in a proof of cover (spec 11)?
 * 1. the proof is a leaf under a checkpoint that the policy believes, and not older than the one seen before;
 * 2. the parts of each pot stand under its root, and with what moved since they come to the balance on the screen;
 * 3. money that came in counts as "since" only when it did come later, and a payment of later must be among "since".
 */
import { partName, readCover, verifyPart, type Cover, type Part } from './cover.ts'
import { must } from './error.ts'
import { leafHash } from './merkle.ts'
import type { Policy } from './policy.ts'
import { parseProof, verifyProof } from './proof.ts'

/** A pot in the newest proof of cover, in cents: parts + since = balance. */
export type CoverPot = { voucher: string; balance: number; parts: Part[]; since: { id: string; amount: number }[] }
/** What a holder gets to find their pots: their name in the proof, and the proof. */
export type CoverAnswer = { party: string; tlog_proof: string; pots: CoverPot[] }
/** A pot and a movement as the phone shows them, in units of `unit_cents`; below zero went out. */
export type Held = { id: string; prg: number; programme: string; unit_cents: number; balance: number }
export type Move = { id: string; prg: number; amount: number; at: number }
export type Mine = { vouchers: readonly Held[]; activity: readonly Move[] }
/** The proof that was looked at: when it was made, and this holder's name in it. */
export type CoverSeen = { at: number; party: string }
export type Covered = CoverSeen & { kind: 'good' | 'short' | 'empty' }

/** A movement may be under way when the proof is made, and clocks differ. */
const MARGIN_SECONDS = 3600

/** What the answer shows; `known` is the proof before. Throws LogError on what does not hold. */
export async function judgeCover(answer: CoverAnswer, mine: Mine, policy: Policy, known: CoverSeen | null): Promise<Covered> {
  const cover = await provedCover(answer.tlog_proof, policy)
  must(!known || (known.at <= cover.at && known.party === answer.party), 'This is an older proof than before, or it is about somebody else.')
  for (const voucher of mine.vouchers) {
    const pot = answer.pots.find((one) => one.voucher === voucher.id)
    must(pot, `The pot of ${voucher.programme} is left out.`)
    await checkParts(cover, pot, voucher, answer.party)
    checkMoves(cover, pot, voucher, mine.activity.filter(({ prg }) => prg === voucher.prg))
  }
  const counted = answer.pots.some(({ parts }) => parts.length > 0)
  return { kind: !counted ? 'empty' : cover.gap >= 0 ? 'good' : 'short', at: cover.at, party: answer.party }
}

async function provedCover(text: string, policy: Policy): Promise<Cover> {
  const proof = parseProof(text)
  await verifyProof(proof, await leafHash(proof.extra), policy)
  return readCover(proof.extra)
}

async function checkParts(cover: Cover, pot: CoverPot, voucher: Held, party: string): Promise<void> {
  for (const [i, part] of pot.parts.entries()) await verifyPart(cover, partName(cover, voucher.prg, party, i), part)
  const told = [...pot.parts, ...pot.since].reduce((sum, { amount }) => sum + amount, 0)
  must(told === pot.balance && Math.floor(pot.balance / voucher.unit_cents) === voucher.balance, `The parts of ${voucher.programme} and what moved since are not its balance.`)
}

function checkMoves(cover: Cover, pot: CoverPot, voucher: Held, moves: readonly Move[]): void {
  for (const { id, amount } of pot.since) {
    if (amount < 0) continue // a payment that is said to have come later makes the proof owe more, not less
    const move = moves.find((one) => one.id === id)
    must(move && move.amount * voucher.unit_cents === amount && move.at >= cover.at - MARGIN_SECONDS, `Money on ${voucher.programme} was there before the proof, and is not in it.`)
  }
  const since = new Set(pot.since.map(({ id }) => id))
  const late = moves.find(({ id, at, amount }) => amount < 0 && at > cover.at + MARGIN_SECONDS && !since.has(id))
  must(!late, `A payment from ${voucher.programme} came after the proof, and is taken off in it.`)
}
