/**
 * The till's bundle (`vpbundle+jwt`): all that a till must know to judge a pass, signed (spec 03).
 * The till trusts this signature, by the keys that were pinned when it enrolled, not the connection it came by.
 */
import { headerOf, peek, verify } from './jws.ts'
import { readKeyring, type Keyring } from './keyring.ts'
import { importPublicKey, thumbprint } from './keys.ts'
import { parsePublicJwk, type PublicJwk } from './p256.ts'
import { exactly, expectShape, listing, Malformed, mapping, text, U32, whole, type Claims } from './strict.ts'

export const BUNDLE_TYP = 'vpbundle+jwt'
const MAX_BYTES = 1 << 18

/** A programme that the shop takes part in. Amounts in its units, null: no limit. `from` and `to` are epoch seconds. An older bundle has no `name_en`. */
export type BundleProgramme = {
  prg: number; name: string; name_en?: string; cur: 'EUR' | 'TKT'; floor: number; categories: string[]; from: number; to: number
  bound_above: number | null; card_ofl: number; ceiling: number | null
}
/** Seconds, but `records` (a count) and `total` (cents): the limits of a till without a connection. */
export type Params = { early: number; late: number; question: number; list_age: number; records: number; total: number }
/** `wd`: days that a till may go on with old data. `pins`: the keys that may sign the next bundle; null: as before. */
export type Bundle = {
  iss: string; iat: number; exp: number; ring: Keyring; programmes: BundleProgramme[]; lists: string[]; params: Params; wd: number; pins: PublicJwk[] | null
}

const SHAPE = {
  iss: text(1, 200), aud: exactly('vp:till'), iat: whole(0, U32), exp: whole(0, U32), ver: whole(1, 1), jwks: mapping,
  bad_kids: listing, lists: listing, programmes: listing, params: mapping, wd: whole(0, 365),
}

const PARAMS: Params = { early: 120, late: 180, question: 180, list_age: 172_800, records: 40, total: 40_000 }

/** Checks a bundle but for its age; `pinned` are the keys that may sign it. Throws Malformed. */
export async function readBundle(token: string, pinned: readonly PublicJwk[]): Promise<Bundle> {
  const claims = await verified(token, pinned)
  expectShape(claims, 'pins' in claims ? { ...SHAPE, pins: listing } : SHAPE)
  const { iss, iat, exp, jwks, bad_kids, programmes, lists, params, wd, pins } = claims as Told
  const ring = await readKeyring(jwks, iss, bad_kids)
  return { iss, iat, exp, ring, programmes, lists, params: readParams(params), wd, pins: pins?.map(parsePublicJwk) ?? null }
}

type Told = Omit<Bundle, 'ring' | 'params' | 'pins'> & { jwks: { keys: Claims[] }; bad_kids: string[]; params: Claims; pins?: unknown[] }

/** A limit that is not named has its usual value. */
function readParams(told: Claims): Params {
  const params = { ...PARAMS, ...told }
  if (!Object.values(params).every(whole(0, U32))) throw new Malformed('a limit is no whole number')
  return params
}

async function verified(token: string, pinned: readonly PublicJwk[]): Promise<Claims> {
  const { kid } = peek(token, MAX_BYTES).header
  for (const jwk of pinned) {
    if ((await thumbprint(jwk)) !== kid) continue
    const claims = await verify(token, await importPublicKey(parsePublicJwk(jwk)), headerOf(BUNDLE_TYP, kid), MAX_BYTES)
    if (claims) return claims
  }
  throw new Malformed('not signed by a pinned key')
}
