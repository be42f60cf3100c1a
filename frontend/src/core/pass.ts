/**
 * The pass (`vpass+sd-jwt`): a one-time right to spend from one voucher, signed by the issuer (spec 02).
 * 1. Claims in this order: iss, aud, iat, exp, jti, cnf, status, prg, ofl, once. No other claim, ever.
 * 2. iat and exp are whole days, so that a week's passes look alike.
 * 3. `once` is false for the reserve pass, whose offline limit is 0, and for the pass of a signed card, which has
 *    one. So the issuer part of no phone's code can pass for a card; a key of its own (`vp_use` card) signs it.
 */
import { headerOf, peek, verify, type Header } from './jws.ts'
import { findKey, type Keyring } from './keyring.ts'
import { importPublicKey } from './keys.ts'
import { parsePublicJwk, type PublicJwk } from './p256.ts'
import { Refusal } from './refusals.ts'
import { encoded, exactly, expectShape, flag, mapping, Malformed, text, U16, U24, whole, type Claims } from './strict.ts'

export const PASS_TYP = 'vpass+sd-jwt'
export const PASS_AUDIENCE = 'vp:till'
export const DAY = 86_400

/** Times are epoch seconds; `ofl` is in the programme's units (cents or tickets); `holder` is this pass's own key. */
export type Pass = {
  iss: string; kid: string; iat: number; exp: number; jti: string; holder: PublicJwk
  listNo: number; idx: number; prg: number; ofl: number; once: boolean
}

const SHAPE = {
  iss: text(1, 200), aud: exactly(PASS_AUDIENCE), iat: whole(0, U16 * DAY), exp: whole(0, U16 * DAY), jti: encoded(12),
  cnf: mapping, status: mapping, prg: whole(1, U16), ofl: whole(0, U24), once: flag,
}

export function passClaims(pass: Pass): Claims {
  const { iss, iat, exp, jti, holder, listNo, idx, prg, ofl, once } = pass
  const status = { status_list: { idx, uri: `${iss}/status/${listNo}` } }
  return { iss, aud: PASS_AUDIENCE, iat, exp, jti, cnf: { jwk: holder }, status, prg, ofl, once }
}

export const passHeader = (pass: Pass): Header => headerOf(PASS_TYP, pass.kid)

/** Reads a pass without judging its signature: the phone reads its own. `card`: that of a signed card. Throws Malformed. */
export function readPass(token: string, card = false): Pass {
  const { header, claims } = peek(token)
  expectShape(claims, SHAPE)
  expectShape(claims['cnf'] as Claims, { jwk: mapping })
  expectShape(claims['status'] as Claims, { status_list: mapping })
  const place = (claims['status'] as Claims)['status_list'] as Claims
  expectShape(place, { idx: whole(0, U24), uri: text(1, 220) })
  const { iss, iat, exp, jti, prg, ofl, once } = claims as Pick<Pass, 'iss' | 'iat' | 'exp' | 'jti' | 'prg' | 'ofl' | 'once'>
  checkDates(iat, exp)
  if (card !== (!once && ofl > 0)) throw new Malformed('for more than once with an offline limit is a signed card, and nothing else is')
  const listNo = readListNo(iss, String(place['uri']))
  const holder = (claims['cnf'] as Claims)['jwk'] as PublicJwk
  if (Object.keys(holder).join() !== 'crv,kty,x,y') throw new Malformed('the holder key is {crv, kty, x, y}')
  return { iss, kid: String(header['kid']), iat, exp, jti, holder, listNo, idx: place['idx'] as number, prg, ofl, once }
}

/** Whole days, and an end after the start. Throws Malformed. */
export function checkDates(iat: number, exp: number): void {
  if (iat % DAY || exp % DAY || exp <= iat) throw new Malformed('a pass runs over whole days')
}

function readListNo(iss: string, uri: string): number {
  const last = uri.slice(`${iss}/status/`.length)
  if (uri !== `${iss}/status/${last}` || !/^(?:0|[1-9]\d{0,4})$/.test(last) || Number(last) > U16) throw new Malformed('not a status list of this issuer')
  return Number(last)
}

/** Checks a pass but for its dates and status; `card`: that of a signed card. Throws Refusal malformed_qr, unknown_key, key_compromised or bad_signature. */
export async function checkPass(token: string, ring: Keyring, card = false): Promise<Pass> {
  try {
    const { header } = peek(token)
    const key = findKey(ring, header['kid'], card ? 'card' : 'pass')
    if (!(await verify(token, key.key, headerOf(PASS_TYP, key.kid)))) throw new Refusal('bad_signature')
    const pass = readPass(token, card)
    if (pass.iss !== key.iss) throw new Refusal('unknown_key')
    return pass
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('malformed_qr')
  }
}

/** The key that must have signed the presentation. Throws Refusal `bad_proof`. */
export async function holderKey(pass: Pass): Promise<CryptoKey> {
  try {
    return await importPublicKey(parsePublicJwk(pass.holder))
  } catch {
    throw new Refusal('bad_proof')
  }
}
