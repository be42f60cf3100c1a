/**
 * Points of P-256 (SEC 1 §2.3, FIPS 186-5). A QR carries a key in 33 bytes; its y is worked out again here,
 * because browsers do not all import compressed points.
 */
import { concat, fromBase64url, readUint, toBase64url, toHex, type Bytes } from './bytes.ts'

/** A public key exactly as it stands in a token, members in this order. */
export type PublicJwk = { crv: 'P-256'; kty: 'EC'; x: string; y: string }

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

const big = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes) || '0'}`)

function coordinate(value: bigint): string {
  const hex = value.toString(16).padStart(64, '0')
  return toBase64url(Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16)))
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let b = base % P, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) result = (result * b) % P
  return result
}

const curve = (x: bigint): bigint => (((x * x * x - 3n * x + B) % P) + P) % P

/** 33 bytes: 02 or 03 (parity of y), then x. */
export function compress(jwk: PublicJwk): Bytes {
  const y = fromBase64url(jwk.y)
  return concat(Uint8Array.of(2 + (y[31]! & 1)), fromBase64url(jwk.x))
}

/** Throws when the 33 bytes are no point of the curve. */
export function decompress(point: Uint8Array): PublicJwk {
  const sign = readUint(point.subarray(0, 1))
  const x = big(point.subarray(1))
  if (point.length !== 33 || (sign !== 2 && sign !== 3) || x >= P) throw new Error('not a compressed point')
  const square = curve(x)
  const root = power(square, (P + 1n) / 4n)
  if ((root * root) % P !== square) throw new Error('not on the curve')
  const y = Number(root & 1n) === (sign & 1) ? root : P - root
  return { crv: 'P-256', kty: 'EC', x: coordinate(x), y: coordinate(y) }
}

/** A public key of exactly the four members, on the curve. Throws otherwise: a `d` must never pass as public. */
export function parsePublicJwk(value: unknown): PublicJwk {
  const { crv, kty, x, y, ...rest } = value as Record<string, unknown>
  if (crv !== 'P-256' || kty !== 'EC' || typeof x !== 'string' || typeof y !== 'string' || Object.keys(rest).length) throw new Error('not a public key')
  const [px, py] = [fromBase64url(x), fromBase64url(y)]
  if (px.length !== 32 || py.length !== 32 || big(px) >= P || big(py) >= P) throw new Error('not a coordinate')
  if ((big(py) * big(py)) % P !== curve(big(px))) throw new Error('not on the curve')
  return { crv, kty, x, y }
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** True when r and s are both in 1 .. n-1: the only 64 bytes that can be a signature. */
export function isSignature(bytes: Uint8Array): boolean {
  const inRange = (value: bigint): boolean => value > 0n && value < ORDER
  return bytes.length === 64 && inRange(big(bytes.subarray(0, 32))) && inRange(big(bytes.subarray(32)))
}
