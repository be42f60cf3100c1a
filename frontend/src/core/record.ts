/**
 * The till's record (`vprec+jwt`): one signed line of what a till did, chained to the line before (spec 03).
 * 1. Claims in this order: iss, aud, iat, jti, txn, mode, amt, cur, prg, part, then one of pres, card or ref,
 *    then seq, prev, bnd, and stl (offline sales only).
 * 2. seq counts from 1 without gaps; prev is the SHA-256 of the record before.
 * 3. prg 0 is "the programme of the pass or card": online, and only with a VP2 symbol or a card, which do not tell it.
 * 4. Amounts are in the programme's units. A PIN is never in a record.
 */
import { sha256, toBase64url, utf8 } from './bytes.ts'
import { headerOf, sign } from './jws.ts'
import { thumbprint, type KeyPair } from './keys.ts'
import { isShort } from './qr.ts'
import { encoded, expectShape, flag, Malformed, text, U16, U24, U32, uuid, whole, type Claims, type Shape } from './strict.ts'

export const RECORD_TYP = 'vprec+jwt'
export type RecordMode = 'on' | 'off' | 'void' | 'refund'
export type Subject = { pres: string } | { card: string } | { ref: string }
/** `prg` 0 leaves the programme to the server. `bnd` and `stl` are the iat of the bundle and of the oldest status list that the till held. */
export type TillRecord = {
  till: string; aud: string; iat: number; jti: string; txn: string; mode: RecordMode; amt: number; cur: string
  prg: number; part: boolean; subject: Subject; seq: number; prev: string; bnd: number; stl?: number
}

const HEAD: Shape = {
  iss: text(6, 64), aud: text(1, 200), iat: whole(0, U32), jti: uuid, txn: uuid,
  mode: (value) => value === 'on' || value === 'off' || value === 'void' || value === 'refund',
  amt: whole(0, U24), cur: text(3, 3), prg: whole(0, U16), part: flag,
}
const SUBJECT: Record<string, Shape> = { pres: { pres: text(1, 2048) }, card: { card: text(1, 240) }, ref: { ref: uuid } }
const TAIL: Shape = { seq: whole(1, U32), prev: encoded(32), bnd: whole(0, U32) }

const hash = async (words: string): Promise<string> => toBase64url(await sha256(utf8(words)))

/** The `prev` of a till's first record. */
export const firstPrev = (till: string, enrolNonce: string): Promise<string> => hash(`vp-till:${till}:${enrolNonce}`)

/** The `prev` of the record that follows `token`. */
export const chainHash = (token: string): Promise<string> => hash(token)

export function recordClaims(record: TillRecord): Claims {
  const { till, aud, iat, jti, txn, mode, amt, cur, prg, part, subject, seq, prev, bnd, stl } = record
  const claims = { iss: `till:${till}`, aud, iat, jti, txn, mode, amt, cur, prg, part, ...subject, seq, prev, bnd }
  return stl === undefined ? claims : { ...claims, stl }
}

/** Signs a record with the till's key. Throws Malformed when a field is out of range. */
export async function writeRecord(record: TillRecord, key: KeyPair): Promise<string> {
  const claims = recordClaims(record)
  checkRecord(claims)
  return sign(headerOf(RECORD_TYP, await thumbprint(key.publicJwk)), claims, key.privateKey)
}

/** Throws Malformed when the claims are no record. */
export function checkRecord(claims: Claims): void {
  const [subject, ...more] = Object.keys(SUBJECT).filter((name) => name in claims)
  if (!subject || more.length) throw new Malformed('exactly one of pres, card and ref')
  const offline: Shape = claims['mode'] === 'off' ? { stl: whole(0, U32) } : {}
  expectShape(claims, { ...HEAD, ...SUBJECT[subject], ...TAIL, ...offline })
  const open = claims['mode'] === 'on' && (subject === 'card' || isShort(String(claims['pres'])))
  if (claims['prg'] === 0 && !open) throw new Malformed('only a VP2 symbol or a card leaves the programme to the server')
  const sale = claims['mode'] === 'on' || claims['mode'] === 'off'
  if (sale === (subject === 'ref')) throw new Malformed('a sale names a pass or card, a void or refund names a redemption')
}
