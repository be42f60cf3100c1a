/**
 * The issuer's public keys, and what each may sign (spec 02).
 * 1. A key signs one thing: `vp_use` must fit the type of the token, or the key counts as unknown.
 * 2. A withdrawn key is named as such: `key_compromised`, not `unknown_key`.
 */
import { importPublicKey } from './keys.ts'
import { parsePublicJwk, type PublicJwk } from './p256.ts'
import { Refusal } from './refusals.ts'
import { exactly, expectShape, text, U32, whole, type Claims } from './strict.ts'

const USES = ['pass', 'status', 'receipt', 'card'] as const
export type KeyUse = (typeof USES)[number]
/** `iss` is the issuer's URL; `nbf` and `exp` are epoch seconds; `bad` means withdrawn. */
export type IssuerKey = { kid: string; iss: string; use: KeyUse; jwk: PublicJwk; key: CryptoKey; nbf: number; exp: number; bad: boolean }
export type Keyring = ReadonlyMap<string, IssuerKey>

const SHAPE = {
  kty: exactly('EC'), crv: exactly('P-256'), x: text(43, 43), y: text(43, 43), kid: text(4, 43), use: exactly('sig'), alg: exactly('ES256'),
  vp_use: (value: unknown) => USES.includes(value as KeyUse), nbf: whole(0, U32), exp: whole(0, U32),
}

/** Reads a JWK set (RFC 7517 §5) of issuer `iss`. Throws Malformed or Error on anything else. */
export async function readKeyring(jwks: { keys: Claims[] }, iss: string, badKids: readonly string[] = []): Promise<Keyring> {
  const keys = await Promise.all(jwks.keys.map((jwk) => readKey(jwk, iss, badKids)))
  const ring = new Map(keys.map((key) => [key.kid, key]))
  if (ring.size !== keys.length) throw new Error('two keys have the same kid')
  return ring
}

async function readKey(entry: Claims, iss: string, badKids: readonly string[]): Promise<IssuerKey> {
  expectShape(entry, SHAPE)
  const { kty, crv, x, y, kid, vp_use: use, nbf, exp } = entry as Record<string, string> & { vp_use: KeyUse; nbf: number; exp: number }
  const jwk = parsePublicJwk({ crv, kty, x, y })
  return { kid: kid!, iss, use, jwk, key: await importPublicKey(jwk), nbf, exp, bad: badKids.includes(kid!) }
}

/** The key that may sign this kind of token. Throws Refusal `unknown_key` or `key_compromised`. */
export function findKey(ring: Keyring, kid: unknown, use: KeyUse): IssuerKey {
  const key = typeof kid === 'string' ? ring.get(kid) : undefined
  if (!key || key.use !== use) throw new Refusal('unknown_key')
  if (key.bad) throw new Refusal('key_compromised')
  return key
}
