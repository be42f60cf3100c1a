/** ES256 keys in WebCrypto. A private key that is made here can sign and can never be read. */
import { sha256, toBase64url, utf8 } from './bytes.ts'
import type { PublicJwk } from './p256.ts'

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const

export type KeyPair = { privateKey: CryptoKey; publicJwk: PublicJwk }

/** A new key pair whose private half stays inside the browser's key store. */
export async function makeKeyPair(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify'])
  const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return { privateKey: pair.privateKey, publicJwk: { crv: 'P-256', kty: 'EC', x: x!, y: y! } }
}

export function importPublicKey(jwk: PublicJwk): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', { ...jwk }, CURVE, false, ['verify'])
}

/** RFC 7638: SHA-256 of the members in alphabetical order, base64url. */
export async function thumbprint(jwk: PublicJwk): Promise<string> {
  const { crv, kty, x, y } = jwk
  return toBase64url(await sha256(utf8(JSON.stringify({ crv, kty, x, y }))))
}
