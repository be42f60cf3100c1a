/**
 * What the till sees for itself before it asks the server, in this order:
 * 1. it is a code of the city pass, signed by a key of the bundle, with the phone's own proof;
 * 2. the shop takes part in the pass's programme, and it is the one that the clerk chose;
 * 3. the rules of `decide` that need no voucher: fresh, in time, within the limits.
 * Of a short code (VP2) the till can tell only whether it is fresh and for how much: the rest is the server's.
 */
import type { Bundle, BundleProgramme } from '../core/bundle.ts'
import { findKey } from '../core/keyring.ts'
import type { Pass } from '../core/pass.ts'
import { checkPresentation, type Proof } from '../core/presentation.ts'
import { decode, decodeShort, isShort, rebuild } from '../core/qr.ts'
import { decide, type Attempt, type Facts } from '../core/redemption.ts'
import { Refusal } from '../core/refusals.ts'

/** `prg` is null for an amount of money: any programme that counts euros will do. */
export type Sale = { amount: number; prg: number | null }
/**
 * `jti` is the pass; `pres` is what the record carries; `prg` is 0 when only the server can tell the programme.
 * `refusal` is what the rules say of this amount now; the code itself was good, so a part may still be paid with it.
 */
export type Judged = { jti: string; pres: string; prg: number; cur: string; refusal: Refusal | null }

/** Reads and judges a scanned text at `now` (epoch seconds) for shop `merchant`. Throws Refusal when the code is no good. */
export async function judge(text: string, sale: Sale, bundle: Bundle, merchant: number, now: number): Promise<Judged> {
  const code = text.trim()
  return isShort(code) ? judgeShort(code, sale, bundle, merchant, now) : judgeWhole(code, sale, bundle, merchant, now)
}

async function judgeWhole(text: string, sale: Sale, bundle: Bundle, merchant: number, now: number): Promise<Judged> {
  const symbol = decode(text)
  const { iss } = findKey(bundle.ring, symbol.pass.kid, 'pass')
  const presentation = await checkPresentation(await rebuild(symbol, iss), bundle.ring)
  const programme = chosen(presentation.pass.prg, sale, bundle)
  const refusal = refusalOf(attempt(presentation, sale, programme), facts(programme, merchant), now)
  return { jti: presentation.pass.jti, pres: presentation.text, prg: programme.prg, cur: programme.cur, refusal }
}

/** What the clerk chose is taken for the pass's programme; an amount of money leaves it to the server. */
function judgeShort(pres: string, sale: Sale, bundle: Bundle, merchant: number, now: number): Judged {
  const { jti, proof } = decodeShort(pres)
  const programme = sale.prg === null ? ANY_MONEY : chosen(sale.prg, sale, bundle)
  const { prg, cur } = programme
  const pass = { prg, exp: Infinity, ofl: 0, once: true }
  return { jti, pres, prg, cur, refusal: refusalOf(attempt({ pass, proof }, sale, programme), facts(programme, merchant), now) }
}

/** A programme of which nothing is known but that it counts euros. */
const ANY_MONEY: BundleProgramme = {
  prg: 0, name: '', cur: 'EUR', floor: 0, categories: [], from: 0, to: Infinity, bound_above: null, card_ofl: 0, ceiling: null,
}

function refusalOf(asked: Attempt, known: Facts, now: number): Refusal | null {
  const verdict = decide(asked, known, now)
  return verdict instanceof Refusal ? verdict : null
}

function chosen(prg: number, sale: Sale, bundle: Bundle): BundleProgramme {
  const programme = bundle.programmes.find((each) => each.prg === prg)
  if (!programme) throw new Refusal('merchant_not_in_programme')
  const fits = sale.prg === null ? programme.cur === 'EUR' : sale.prg === prg
  if (!fits) throw new Refusal('wrong_programme', { programme: programme.name })
  return programme
}

type Shown = { pass: Pick<Pass, 'prg' | 'exp' | 'ofl' | 'once'>; proof: Proof }

function attempt({ pass, proof }: Shown, { amount }: Sale, { prg, cur }: BundleProgramme): Attempt {
  const { exp, ofl, once } = pass
  const merchant = proof.bound?.merchant ?? null
  // This till shows no question of its own yet, so a bound code can only be the answer to an old one.
  const askedAt = merchant === null ? null : 0
  return { mode: 'on', amt: amount, cur, prg, part: false, card: false, passPrg: pass.prg, exp, ofl, once, kbIat: proof.iat, max: proof.max, merchant, askedAt }
}

/** The bundle lists only programmes that this shop takes part in, so joining and category are settled. */
function facts({ prg, cur, from, to, floor, bound_above, ceiling }: BundleProgramme, merchant: number): Facts {
  return {
    merchant, joined: true, category: '', categories: [], prg, cur, starts: from, ends: to, floor, boundAbove: bound_above, ceiling,
    issued: null, revoked: null, suspended: null, validFrom: null, validUntil: null, spent: null, balance: null,
  }
}
