/** DPoP (RFC 9449): each call of a phone or till is signed by its own key; and key proofs for new passes (spec 04). */
import { sign } from './jws.ts'
import type { KeyPair } from './keys.ts'
import type { Header } from './jws.ts'

/** `iat` is epoch seconds; `nonce` is the server's, null for the very first call. `url` has no query. */
export type Call = { method: string; url: string; iat: number; nonce: string | null }

const header = (typ: string, key: KeyPair): Header => ({ alg: 'ES256', jwk: key.publicJwk, typ })

export function dpopProof({ method, url, iat, nonce }: Call, key: KeyPair): Promise<string> {
  const claims = { jti: crypto.randomUUID(), htm: method, htu: url, iat }
  return sign(header('dpop+jwt', key), nonce === null ? claims : { ...claims, nonce }, key.privateKey)
}

/** Shows the issuer that we hold the key of a pass to come (OpenID4VCI 1.0, appendix F.1). */
export function keyProof(aud: string, iat: number, nonce: string, key: KeyPair): Promise<string> {
  return sign(header('openid4vci-proof+jwt', key), { aud, iat, nonce }, key.privateKey)
}
