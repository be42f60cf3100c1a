/**
 * Compact JWS with ES256 (RFC 7515, RFC 7518 §3.4), strictly:
 * 1. three base64url parts in their canonical spelling, at most 4 kB;
 * 2. canonical JSON inside;
 * 3. the header is exactly the expected one, so no token chooses how it is checked;
 * 4. the signature is 64 bytes, r then s.
 */
import { fromBase64url, fromUtf8, toBase64url, utf8 } from './bytes.ts'
import { compact, Malformed, readJson, type Claims } from './strict.ts'

export type Header = Record<string, unknown>

const ES256 = { name: 'ECDSA', hash: 'SHA-256' } as const
const MAX_BYTES = 4096

const segment = (value: unknown): string => toBase64url(utf8(compact(value)))

/** The exact header of a token type: {alg, typ} or {alg, kid, typ}. */
export function headerOf(typ: string, kid?: string): Header {
  return kid === undefined ? { alg: 'ES256', typ } : { alg: 'ES256', kid, typ }
}

/** The text that a signature covers. */
export function signingInput(header: Header, claims: Claims): string {
  return `${segment(header)}.${segment(claims)}`
}

export async function sign(header: Header, claims: Claims, key: CryptoKey): Promise<string> {
  const input = signingInput(header, claims)
  const signature = await crypto.subtle.sign(ES256, key, utf8(input))
  return `${input}.${toBase64url(new Uint8Array(signature))}`
}

/** Header and claims without judging the signature: only to find the key. Throws Malformed. */
export function peek(token: string, maxBytes = MAX_BYTES): { header: Header; claims: Claims } {
  const parts = token.split('.')
  if (parts.length !== 3 || token.length > maxBytes) throw new Malformed('not a token of this protocol')
  return { header: readSegment(parts[0]!), claims: readSegment(parts[1]!) }
}

/** True when `key` made the token's signature. Throws Malformed when it is no signature at all. */
export async function signatureFits(token: string, key: CryptoKey): Promise<boolean> {
  const cut = token.lastIndexOf('.')
  const signature = readBase64url(token.slice(cut + 1))
  if (signature.length !== 64) throw new Malformed('not an ES256 signature')
  return crypto.subtle.verify(ES256, key, signature, utf8(token.slice(0, cut)))
}

/** Checks header and signature; answers the claims, or null when `key` did not sign. Throws Malformed. */
export async function verify(token: string, key: CryptoKey, header: Header, maxBytes = MAX_BYTES): Promise<Claims | null> {
  const found = peek(token, maxBytes)
  if (compact(found.header) !== compact(header)) throw new Malformed('not the header of this kind of token')
  return (await signatureFits(token, key)) ? found.claims : null
}

function readSegment(text: string): Claims {
  return readJson(fromUtf8(readBase64url(text)))
}

function readBase64url(text: string) {
  try {
    return fromBase64url(text)
  } catch {
    throw new Malformed('not base64url')
  }
}
