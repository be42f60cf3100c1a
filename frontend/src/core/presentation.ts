/**
 * A presentation: a pass and the phone's proof, `<pass>~<kb>` (SD-JWT with key binding, RFC 9901; spec 03).
 * Open: any shop, this half minute. Bound: one shop, one amount, in answer to the till's own code.
 */
import { sha256, toBase64url, utf8 } from './bytes.ts'
import { headerOf, sign, signatureFits, signingInput, peek } from './jws.ts'
import { encoded, exactly, expectShape, Malformed, U24, U32, whole, type Claims } from './strict.ts'
import { compact } from './strict.ts'

export const STEP_SECONDS = 30
export const KB_HEADER = headerOf('kb+jwt')

/** What the till asked for: merchant number, and its 8 random bytes in base64url. */
export type Binding = { merchant: number; nonce: string }
/** `step` counts half minutes since 1970; `max` is cents: a ceiling (open) or the exact amount (bound). */
export type Proof = { step: number; max: number; bound?: Binding | undefined }

export const stepAt = (now: number): number => Math.floor(now / STEP_SECONDS)

export async function proofClaims(pass: string, proof: Proof): Promise<Claims> {
  const { step, max, bound } = proof
  return {
    iat: step * STEP_SECONDS,
    aud: bound ? `vp:m:${bound.merchant}` : 'vp:any',
    nonce: bound ? bound.nonce : String(step),
    sd_hash: toBase64url(await sha256(utf8(`${pass}~`))),
    max,
  }
}

/** The text that the phone signs. */
export async function proofInput(pass: string, proof: Proof): Promise<string> {
  return signingInput(KB_HEADER, await proofClaims(pass, proof))
}

/** Signs a new proof with the pass's own key; answers the whole presentation. */
export async function present(pass: string, proof: Proof, key: CryptoKey): Promise<string> {
  return `${pass}~${await sign(KB_HEADER, await proofClaims(pass, proof), key)}`
}

/** Splits `<pass>~<kb>` and reads the proof, without judging signatures. Throws Malformed. */
export async function readPresentation(presentation: string): Promise<{ pass: string; kb: string; proof: Proof; sdHashFits: boolean }> {
  const [pass, kb, ...more] = presentation.split('~')
  if (!pass || !kb || more.length) throw new Malformed('not a pass with one proof')
  const { header, claims } = peek(kb)
  if (compact(header) !== compact(KB_HEADER)) throw new Malformed('not the header of a proof')
  const proof = readProof(claims)
  const expected = await proofClaims(pass, proof)
  return { pass, kb, proof, sdHashFits: claims['sd_hash'] === expected['sd_hash'] }
}

function readProof(claims: Claims): Proof {
  expectShape(claims, { iat: whole(0, U32), aud: (aud) => typeof aud === 'string', nonce: (nonce) => typeof nonce === 'string', sd_hash: encoded(32), max: whole(0, U24) })
  const [iat, aud, nonce, max] = [claims['iat'], claims['aud'], claims['nonce'], claims['max']] as [number, string, string, number]
  const step = iat / STEP_SECONDS
  if (!Number.isInteger(step)) throw new Malformed('not a whole step')
  if (aud === 'vp:any' && exactly(String(step))(nonce)) return { step, max }
  const merchant = /^vp:m:(0|[1-9]\d{0,9})$/.exec(aud)?.[1]
  if (merchant === undefined || !whole(0, U32)(Number(merchant)) || !encoded(8)(nonce)) throw new Malformed('not an audience')
  return { step, max, bound: { merchant: Number(merchant), nonce } }
}

/** True when the pass's own key made the proof. */
export function proofSignatureFits(kb: string, holderKey: CryptoKey): Promise<boolean> {
  return signatureFits(kb, holderKey)
}
