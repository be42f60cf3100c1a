/**
 * The presentation: `<pass>~<kb-jwt>`, an SD-JWT with key binding and no disclosures (RFC 9901; spec 03).
 * 1. The phone's proof has header {alg, typ: kb+jwt} and claims iat, aud, nonce, sd_hash, max, in this order.
 * 2. Open: aud `vp:any`, nonce is the number of the half minute. Any shop may take it.
 * 3. Bound: aud `vp:m:<merchant>`, nonce is the 8 bytes that the shop showed. Only that shop may take it.
 * 4. sd_hash is the SHA-256 of `<pass>~`: a proof belongs to one pass.
 */
import { sha256, toBase64url, utf8 } from './bytes.ts'
import { headerOf, sign, verify } from './jws.ts'
import type { Keyring } from './keyring.ts'
import { checkPass, holderKey, type Pass } from './pass.ts'
import { Refusal } from './refusals.ts'
import { encoded, expectShape, Malformed, text, U24, U32, whole, type Claims } from './strict.ts'

export const STEP_SECONDS = 30
export const STEP_MAX = Math.floor(U32 / STEP_SECONDS)
export const KB_HEADER = headerOf('kb+jwt')

/** `max` is in the programme's units; `bound` is null for an open proof, `nonce` base64url of 8 bytes. */
export type Proof = { iat: number; max: number; bound: { merchant: number; nonce: string } | null }
export type Presentation = { text: string; pass: Pass; proof: Proof }

const SHAPE = { iat: whole(0, STEP_MAX * STEP_SECONDS), aud: text(6, 15), nonce: text(1, 11), sd_hash: encoded(32), max: whole(1, U24) }

/** The proof for any shop, for at most `max` units, at `now` (epoch seconds). */
export const openProof = (now: number, max: number): Proof => ({ iat: now - (now % STEP_SECONDS), max, bound: null })

/** The answer to one shop's question. */
export function boundProof(now: number, amount: number, merchant: number, nonce: string): Proof {
  return { iat: now - (now % STEP_SECONDS), max: amount, bound: { merchant, nonce } }
}

export const sdHash = async (pass: string): Promise<string> => toBase64url(await sha256(utf8(`${pass}~`)))

export async function proofClaims(proof: Proof, pass: string): Promise<Claims> {
  const { iat, max, bound } = proof
  const aud = bound ? `vp:m:${bound.merchant}` : 'vp:any'
  const nonce = bound ? bound.nonce : String(iat / STEP_SECONDS)
  return { iat, aud, nonce, sd_hash: await sdHash(pass), max }
}

/** Signs a proof with the pass's own key and joins the two. */
export async function present(pass: string, proof: Proof, key: CryptoKey): Promise<string> {
  return `${pass}~${await sign(KB_HEADER, await proofClaims(proof, pass), key)}`
}

/**
 * Checks both signatures and that they belong together; dates, shop and money are judged by `decide`.
 * Throws Refusal malformed_qr, unknown_key, key_compromised, bad_signature, bad_proof or proof_mismatch.
 */
export async function checkPresentation(presentation: string, ring: Keyring): Promise<Presentation> {
  const cut = presentation.indexOf('~')
  const token = cut < 0 ? presentation : presentation.slice(0, cut)
  const pass = await checkPass(token, ring)
  const claims = await verifiedProof(presentation.slice(token.length + 1), await holderKey(pass))
  if (claims['sd_hash'] !== (await sdHash(token))) throw new Refusal('proof_mismatch')
  return { text: presentation, pass, proof: readProof(claims) }
}

async function verifiedProof(kb: string, key: CryptoKey): Promise<Claims> {
  try {
    const claims = await verify(kb, key, KB_HEADER)
    if (claims) {
      readProof(claims)
      return claims
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
  }
  throw new Refusal('bad_proof')
}

/** Reads the claims of a proof, open or bound. Throws Malformed. */
export function readProof(claims: Claims): Proof {
  expectShape(claims, SHAPE)
  const { iat, aud, nonce, max } = claims as { iat: number; aud: string; nonce: string; max: number }
  if (iat % STEP_SECONDS) throw new Malformed('iat is not a half minute')
  if (aud === 'vp:any') {
    if (nonce !== String(iat / STEP_SECONDS)) throw new Malformed('the nonce is not the number of the half minute')
    return { iat, max, bound: null }
  }
  const merchant = Number(/^vp:m:([1-9]\d{0,9})$/.exec(aud)?.[1])
  if (!whole(1, U32)(merchant) || !encoded(8)(nonce)) throw new Malformed('not an audience of this protocol')
  return { iat, max, bound: { merchant, nonce } }
}
