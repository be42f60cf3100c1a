/**
 * What the till sees for itself before it asks the server, in this order:
 * 1. it is a code of the city pass, signed by a key of the bundle, with the phone's own proof;
 * 2. the shop takes part in the pass's programme, and it is the one that the clerk chose;
 * 3. a bound code answers the question that this till shows;
 * 4. the rules of `decide` that need no voucher: fresh, in time, within the limits.
 * Without a connection these are all the rules there are: `off` then says whether the till itself may go on, which
 * passes were withdrawn and which paid here before.
 * Of a short code (VP2) or a card (VPC1) the till can tell little or nothing: the rest is the server's. A signed card
 * (VPC2) carries its pass.
 */
import type { Bundle, BundleProgramme } from '../core/bundle.ts'
import { findKey } from '../core/keyring.ts'
import { ownRefusal, type OwnState } from '../core/offline.ts'
import { checkPass, DAY, type Pass } from '../core/pass.ts'
import { checkPresentation, type Proof } from '../core/presentation.ts'
import { decode, decodeCard, decodeShort, decodeSignedCard, isShort, isSignedCard, rebuild, rebuildPass, type Question } from '../core/qr.ts'
import { decide, type Attempt, type Facts } from '../core/redemption.ts'
import { Refusal, type RefusalCode } from '../core/refusals.ts'
import { withdrawn } from '../core/statuslist.ts'
import type { Says } from './outcome.ts'

/** `prg` is null for an amount of money: any programme that counts euros will do. */
export type Sale = { amount: number; prg: number | null }
/** `seenAt` answers when a pass paid here before (epoch seconds), null: it did not; `takenToday` what a card paid here today without a connection. */
export type Off = OwnState & { seenAt: (jti: string) => Promise<number | null>; takenToday: (jti: string) => Promise<number> }
/** What the till knows. `question` is the one on its screen, if any; `off` is null with a connection. */
export type Rules = { bundle: Bundle; merchant: number; question: Question | null; off: Off | null }
/**
 * `jti` is the pass and `exp` when it ends; `subject` is what the record carries; `prg` is 0 when only the server can
 * tell the programme. `refusal` is what the rules say of this amount now; the code itself was good, so a part may
 * still be paid with it. `daily`: what a signed card may pay at one till in a day.
 */
export type Judged = { jti: string; exp: number; subject: { pres: string } | { card: string }; prg: number; cur: string; refusal: Refusal | null; daily?: number }

/** Reads and judges a scanned text at `now` (epoch seconds). Throws Refusal when the code is no good. */
export async function judge(text: string, sale: Sale, rules: Rules, now: number): Promise<Judged> {
  const code = text.trim()
  const own = rules.off && ownRefusal(rules.off, 0, now)
  if (own) throw own
  if (isSignedCard(code)) return judgeSignedCard(code, sale, rules, now)
  if (/^vpc/i.test(code)) return judgeCard(code, sale, rules)
  return isShort(code) ? judgeShort(code, sale, rules, now) : judgeWhole(code, sale, rules, now)
}

async function judgeWhole(text: string, sale: Sale, rules: Rules, now: number): Promise<Judged> {
  const symbol = decode(text)
  const { iss } = findKey(rules.bundle.ring, symbol.pass.kid, 'pass')
  const presentation = await checkPresentation(await rebuild(symbol, iss), rules.bundle.ring)
  const { pass: { jti, exp }, text: pres } = presentation
  const programme = chosen(presentation.pass.prg, sale, rules.bundle)
  const { prg, cur } = programme
  const shown = { ...presentation, askedAt: answers(presentation.proof, sale, rules) }
  const told = await known(presentation.pass, rules)
  const refusal = refusalOf(attempt(shown, sale, programme, rules.off !== null), { ...facts(programme, rules.merchant), ...told.facts }, now, told.at) ?? ownLimit(rules, sale, cur, now)
  return { jti, exp, subject: { pres }, prg, cur, refusal }
}

/** What the clerk chose is taken for the pass's programme; an amount of money leaves it to the server. */
function judgeShort(pres: string, sale: Sale, { bundle, merchant, off }: Rules, now: number): Judged {
  const { jti, proof } = decodeShort(pres)
  if (off) throw says('offline_not_allowed', 'short')
  const programme = sale.prg === null ? ANY_MONEY : chosen(sale.prg, sale, bundle)
  const { prg, cur } = programme
  const pass = { prg, exp: Infinity, ofl: 0, once: true }
  const refusal = refusalOf(attempt({ pass, proof, askedAt: null }, sale, programme, false), facts(programme, merchant), now)
  return { jti, exp: now + 21 * DAY, subject: { pres }, prg, cur, refusal }
}

/** A printed card: all of it is the server's, which also chooses among the programmes of money when there are more. */
function judgeCard(text: string, sale: Sale, { bundle, off }: Rules): Judged {
  const card = text.toUpperCase().replace(/\s/g, '')
  decodeCard(card)
  if (off) throw new Refusal('card_online_only')
  const money = bundle.programmes.filter(({ cur }) => cur === 'EUR')
  const [only, ...more] = sale.prg === null ? money : [chosen(sale.prg, sale, bundle)]
  if (!only) throw new Refusal('merchant_not_in_programme')
  return { jti: card, exp: 0, subject: { card }, prg: more.length ? 0 : only.prg, cur: only.cur, refusal: null }
}

/**
 * A card that carries its own pass: without a connection it pays a little, at each till and day at most so much. With
 * one it pays nothing: the card's other code does, with the PIN.
 */
async function judgeSignedCard(card: string, sale: Sale, rules: Rules, now: number): Promise<Judged> {
  const part = decodeSignedCard(card)
  if (!rules.off) throw says('card_online_only', 'other_code')
  if (now >= part.pass.exp) throw says('pass_expired', 'card_ended') // its list and its key may be gone by now
  const { iss } = findKey(rules.bundle.ring, part.pass.kid, 'card')
  const pass = await checkPass(rebuildPass(part, iss), rules.bundle.ring, true)
  const programme = chosen(pass.prg, sale, rules.bundle)
  const { prg, cur } = programme
  const daily = Math.min(pass.ofl, programme.card_ofl)
  const left = Math.max(0, daily - (await rules.off.takenToday(pass.jti)))
  const told = await known(pass, { ...rules, off: { ...rules.off, seenAt: async () => null } })
  const asked = { ...attempt({ pass, proof: NO_PROOF, askedAt: null }, sale, programme, true), card: true, ofl: left }
  const found = refusalOf(asked, { ...facts(programme, rules.merchant), ...told.facts }, now) ?? ownLimit(rules, sale, cur, now)
  const refusal = daily && found?.code === 'card_online_only' ? says(found.code, 'card_used') : found
  return { jti: pass.jti, exp: pass.exp, subject: { card }, prg, cur, refusal, daily }
}

/** A refusal that this till can put more precisely. */
const says = (code: RefusalCode, words: Says): Refusal => new Refusal(code, { says: words })

const NO_PROOF: Proof = { iat: 0, max: 0, bound: null }

/** A programme of which nothing is known but that it counts euros. */
const ANY_MONEY: BundleProgramme = {
  prg: 0, name: '', cur: 'EUR', floor: 0, categories: [], from: 0, to: Infinity, bound_above: null, card_ofl: 0, ceiling: null,
}

function refusalOf(asked: Attempt, told: Facts, now: number, at: number | null = null): Refusal | null {
  const verdict = decide(asked, told, now)
  if (!(verdict instanceof Refusal)) return null
  if (verdict.code === 'already_redeemed' && at !== null) return new Refusal(verdict.code, { at })
  return verdict.code === 'pass_revoked' && !asked.card ? says(verdict.code, 'listed') : verdict
}

const ownLimit = ({ off }: Rules, { amount }: Sale, cur: string, now: number): Refusal | null =>
  off && ownRefusal(off, cur === 'EUR' ? amount : 0, now)

/** What the till knows of a pass without asking. Throws Refusal list_stale when it has no list for it. */
async function known(pass: Pass, { off }: Rules): Promise<{ facts: Partial<Facts>; at: number | null }> {
  if (!off) return { facts: {}, at: null }
  const list = off.lists.get(`${pass.iss}/status/${pass.listNo}`)
  if (!list) throw new Refusal('list_stale')
  const at = await off.seenAt(pass.jti)
  return { facts: { revoked: at === null && withdrawn(list, pass.idx), spent: at !== null }, at }
}

/** When the question was asked that this proof answers; null for an open proof, 0 when there is none (any more). Throws Refusal bad_proof. */
function answers({ bound, max }: Proof, { amount }: Sale, { merchant, question }: Rules): number | null {
  if (!bound) return null
  if (bound.merchant !== merchant || !question) return 0
  if (bound.nonce !== question.nonce || max !== question.amount || amount !== max) throw new Refusal('bad_proof')
  return question.askedAt
}

function chosen(prg: number, sale: Sale, bundle: Bundle): BundleProgramme {
  const programme = bundle.programmes.find((each) => each.prg === prg)
  if (!programme) throw new Refusal('merchant_not_in_programme')
  const fits = sale.prg === null ? programme.cur === 'EUR' : sale.prg === prg
  if (!fits) throw new Refusal('wrong_programme', { programme: prg })
  return programme
}

type Shown = { pass: Pick<Pass, 'prg' | 'exp' | 'ofl' | 'once'>; proof: Proof; askedAt: number | null }

function attempt({ pass, proof, askedAt }: Shown, { amount }: Sale, { prg, cur }: BundleProgramme, off: boolean): Attempt {
  const { exp, ofl, once } = pass
  const merchant = proof.bound?.merchant ?? null
  return { mode: off ? 'off' : 'on', amt: amount, cur, prg, part: false, card: false, passPrg: pass.prg, exp, ofl, once, kbIat: proof.iat, max: proof.max, merchant, askedAt }
}

/** The bundle lists only programmes that this shop takes part in, so joining and category are settled. */
function facts({ prg, cur, from, to, floor, bound_above, ceiling }: BundleProgramme, merchant: number): Facts {
  return {
    merchant, joined: true, category: '', categories: [], prg, cur, starts: from, ends: to, floor, boundAbove: bound_above, ceiling,
    issued: null, revoked: null, suspended: null, validFrom: null, validUntil: null, spent: null, balance: null,
  }
}
