/**
 * The pass: a one-time token of the issuer, bound to one key of the phone (spec 02).
 * Its claims stand in a fixed order with fixed constants, so a reader of the QR can rebuild its exact bytes.
 */
import { fromBase64url, toBase64url } from './bytes.ts'
import { headerOf, peek, signatureFits, signingInput } from './jws.ts'
import { parsePublicJwk, type PublicJwk } from './p256.ts'
import { Refusal } from './refusals.ts'
import { encoded, exactly, expectShape, flag, mapping, Malformed, U16, U24, U32, whole, text as words, type Claims } from './strict.ts'

export const PASS_TYP = 'vpass+sd-jwt'
export const PASS_AUDIENCE = 'vp:till'

/** What a pass says. Times are epoch seconds, `ofl` is cents, `jti` 12 bytes in base64url. */
export type Pass = {
  iss: string; iat: number; exp: number; jti: string; key: PublicJwk
  list: number; idx: number; prg: number; ofl: number; once: boolean
}

export function passClaims(pass: Pass): Claims {
  const { iss, iat, exp, jti, key, list, idx, prg, ofl, once } = pass
  return {
    iss, aud: PASS_AUDIENCE, iat, exp, jti, cnf: { jwk: key },
    status: { status_list: { idx, uri: `${iss}/status/${list}` } }, prg, ofl, once,
  }
}

/** The text that the issuer signed. */
export function passInput(pass: Pass, kid: string): string {
  return signingInput(headerOf(PASS_TYP, kid), passClaims(pass))
}

/** Reads a pass token without its signature. Throws Malformed. */
export function readPass(token: string): { pass: Pass; kid: string; signature: Uint8Array } {
  const { header, claims } = peek(token)
  const kid = header['kid']
  if (typeof kid !== 'string' || !encoded(3)(kid)) throw new Malformed('not the kid of a pass')
  const pass = fromClaims(claims)
  const [, , signature] = token.split('.') as [string, string, string]
  if (`${passInput(pass, kid)}.${signature}` !== token) throw new Malformed('not a pass of this protocol')
  return { pass, kid, signature: fromBase64url(signature) }
}

function fromClaims(claims: Claims): Pass {
  expectShape(claims, {
    iss: words(1, 200), aud: exactly(PASS_AUDIENCE), iat: whole(0, U32), exp: whole(0, U32), jti: encoded(12),
    cnf: mapping, status: mapping, prg: whole(0, U16), ofl: whole(0, U24), once: flag,
  })
  const iss = String(claims['iss'])
  const status = (claims['status'] as Claims)['status_list'] as Claims
  if (!mapping(status) || !whole(0, U24)(status['idx'])) throw new Malformed('not a status reference')
  const list = Number(String(status['uri']).slice(`${iss}/status/`.length))
  if (!whole(0, U16)(list)) throw new Malformed('not a status list of this issuer')
  const plain = claims as Pick<Pass, 'iat' | 'exp' | 'jti' | 'prg' | 'ofl' | 'once'>
  const { iat, exp, jti, prg, ofl, once } = plain
  return { iss, iat, exp, jti, key: parsePublicJwk((claims['cnf'] as Claims)['jwk']), list, idx: status['idx'] as number, prg, ofl, once }
}

/** Demands that `key` signed the pass and that it has not expired at `now`. Throws Refusal. */
export async function checkPass(token: string, pass: Pass, key: CryptoKey, now: number): Promise<void> {
  if (!(await signatureFits(token, key))) throw new Refusal('bad_signature')
  if (now >= pass.exp) throw new Refusal('pass_expired')
}

/** base64url of the 12 random bytes that name a pass. */
export const jtiText = (bytes: Uint8Array): string => toBase64url(bytes)
