/**
 * What the till sees for itself before it asks the server, in this order:
 * 1. it is a code of the city pass, signed by a key of the bundle, with the phone's own proof;
 * 2. the shop takes part in the pass's programme, and it is the one that the clerk chose;
 * 3. the rules of `decide` that need no voucher: fresh, in time, within the limits.
 */
import type { Bundle, BundleProgramme } from '../core/bundle.ts'
import { findKey } from '../core/keyring.ts'
import { checkPresentation, type Presentation } from '../core/presentation.ts'
import { decode, rebuild } from '../core/qr.ts'
import { decide, type Attempt, type Facts } from '../core/redemption.ts'
import { Refusal } from '../core/refusals.ts'

/** `prg` is null for an amount of money: any programme that counts euros will do. */
export type Sale = { amount: number; prg: number | null }
/** `refusal` is what the rules say of this amount now; the code itself was good, so a part may still be paid with it. */
export type Judged = { presentation: Presentation; programme: BundleProgramme; refusal: Refusal | null }

/** Reads and judges a scanned text at `now` (epoch seconds) for shop `merchant`. Throws Refusal when the code is no good. */
export async function judge(text: string, sale: Sale, bundle: Bundle, merchant: number, now: number): Promise<Judged> {
  const symbol = decode(text.trim())
  const { iss } = findKey(bundle.ring, symbol.pass.kid, 'pass')
  const presentation = await checkPresentation(await rebuild(symbol, iss), bundle.ring)
  const programme = chosen(presentation.pass.prg, sale, bundle)
  const verdict = decide(attempt(presentation, sale, programme), facts(programme, merchant), now)
  return { presentation, programme, refusal: verdict instanceof Refusal ? verdict : null }
}

function chosen(prg: number, sale: Sale, bundle: Bundle): BundleProgramme {
  const programme = bundle.programmes.find((each) => each.prg === prg)
  if (!programme) throw new Refusal('merchant_not_in_programme')
  const fits = sale.prg === null ? programme.cur === 'EUR' : sale.prg === prg
  if (!fits) throw new Refusal('wrong_programme', { programme: programme.name })
  return programme
}

function attempt({ pass, proof }: Presentation, { amount }: Sale, { prg, cur }: BundleProgramme): Attempt {
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
