/**
 * The QR texts (spec 03): short enough to be read at arm's length, in alphanumeric mode, level M.
 * 1. `VP1:` base45 of 198 bytes (open) or 210 (bound): both tokens without what the reader already knows.
 *    The reader rebuilds the exact bytes that were signed; a wrong rebuild cannot verify.
 * 2. `VP2:` base45 of 84 bytes: an open proof only, for a server that knows the pass. Easier to scan.
 * 3. `VPQ1:` base45 of 19 bytes: the shop's question, to which a bound presentation is the answer.
 * 4. `VPC1:` base32 of a card's 16 bytes and a CRC-16: a printed card.
 * 5. `VPC2:` base45 of 127 bytes: a signed card, the pass alone. It may pay a little without a connection.
 * 6. All numbers are big-endian. Unused bits are zero and every field is in its range, or it is refused.
 */
import { fromBase32, toBase32 } from './base32.ts'
import { decodeBase45, encodeBase45 } from './base45.ts'
import { concat, fromBase64url, readUint, toBase64url, uint, type Bytes } from './bytes.ts'
import { signingInput } from './jws.ts'
import { compress, decompress, isSignature } from './p256.ts'
import { checkDates, DAY, passClaims, passHeader, readPass, type Pass } from './pass.ts'
import { KB_HEADER, proofClaims, readProof, STEP_MAX, STEP_SECONDS, type Proof } from './presentation.ts'
import { peek } from './jws.ts'
import { Refusal } from './refusals.ts'
import { Malformed } from './strict.ts'

const OPEN_BYTES = 198
const BOUND_BYTES = 210
const SHORT_BYTES = 84
const QUESTION_BYTES = 19
const CARD_BYTES = 16
const SIGNED_CARD_BYTES = 127

/** What a symbol carries of a pass; the issuer's URL is still to be found by `kid`. */
export type PassPart = { pass: Omit<Pass, 'iss'>; passSignature: string }
/** What a VP1 symbol carries. */
export type Symbol = PassPart & { proof: Proof; proofSignature: string }
/** What a VP2 symbol carries: an open proof and the number of its pass. */
export type Short = { jti: string; proof: Proof; proofSignature: string }
/** What a shop shows: its number, the amount in the programme's units, 8 fresh bytes (base64url), when (epoch s). */
export type Question = { merchant: number; amount: number; nonce: string; askedAt: number }

/** A cursor over bytes: each call takes the next field. */
class Fields {
  readonly #bytes: Bytes
  #at = 0

  constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  take(size: number): Bytes {
    return this.#bytes.slice(this.#at, (this.#at += size))
  }

  text(size: number): string {
    return toBase64url(this.take(size))
  }

  number(size: number, least = 0): number {
    const value = readUint(this.take(size))
    if (value < least) throw new Malformed('a field is below its range')
    return value
  }

  iat(): number {
    const step = this.number(4)
    if (step > STEP_MAX) throw new Malformed('a half minute beyond the range of time')
    return step * STEP_SECONDS
  }

  signature(): string {
    const bytes = this.take(64)
    if (!isSignature(bytes)) throw new Malformed('not an ES256 signature')
    return toBase64url(bytes)
  }
}

/** The VP1 text of a presentation. Throws Malformed when it is none of this protocol. */
export function encode(presentation: string): string {
  const [token, kb] = halves(presentation)
  const pass = readPass(token)
  const proof = readProof(peek(kb).claims)
  const { bound } = proof
  const bytes = concat(
    uint(0x10 | (pass.once ? 2 : 0) | (bound ? 1 : 0), 1), fromBase64url(pass.kid), fromBase64url(pass.jti),
    uint(pass.iat / DAY, 2), uint(pass.exp / DAY, 2), uint(pass.listNo, 2), uint(pass.idx, 3), uint(pass.prg, 2), uint(pass.ofl, 3),
    compress(pass.holder), signatureOf(token), uint(proof.iat / STEP_SECONDS, 4), uint(proof.max, 3),
    bound ? concat(uint(bound.merchant, 4), fromBase64url(bound.nonce)) : new Uint8Array(),
    signatureOf(kb),
  )
  return `VP1:${encodeBase45(bytes)}`
}

/** Reads a VP1 symbol. Throws Refusal malformed_qr, or unsupported_version for a VP of another number. */
export function decode(text: string): Symbol {
  return refusing(() => readSymbol(decodeBase45(body(text, 'VP1:'))))
}

function readSymbol(bytes: Bytes): Symbol {
  const head = bytes[0] ?? 0
  if ((head & ~3) !== 0x10) throw new Malformed('not profile 1, or a reserved bit is set')
  const bound = (head & 1) === 1
  if (bytes.length !== (bound ? BOUND_BYTES : OPEN_BYTES)) throw new Malformed('not the length of this symbol')
  const fields = new Fields(bytes.slice(1))
  const pass = readSymbolPass(fields, (head & 2) === 2)
  if (pass.ofl && !pass.once) throw new Malformed('a reserve pass has no offline limit')
  const passSignature = fields.signature()
  const iat = fields.iat()
  const max = fields.number(3, 1)
  const proof = { iat, max, bound: bound ? { merchant: fields.number(4, 1), nonce: fields.text(8) } : null }
  return { pass, passSignature, proof, proofSignature: fields.signature() }
}

function readSymbolPass(fields: Fields, once: boolean): Omit<Pass, 'iss'> {
  const kid = fields.text(3)
  const jti = fields.text(12)
  const iat = fields.number(2) * DAY
  const exp = fields.number(2) * DAY
  checkDates(iat, exp)
  const listNo = fields.number(2)
  const idx = fields.number(3)
  const prg = fields.number(2, 1)
  const ofl = fields.number(3)
  return { kid, jti, iat, exp, listNo, idx, prg, ofl, holder: decompress(fields.take(33)), once }
}

/** The canonical `<pass>~<kb-jwt>` of a symbol, for the issuer that owns its kid. */
export async function rebuild(symbol: Symbol, iss: string): Promise<string> {
  return join(rebuildPass(symbol, iss), symbol.proof, symbol.proofSignature)
}

/** The very token that the issuer signed. */
export function rebuildPass({ pass: part, passSignature }: PassPart, iss: string): string {
  const pass = { ...part, iss }
  return `${signingInput(passHeader(pass), passClaims(pass))}.${passSignature}`
}

async function join(token: string, proof: Proof, signature: string): Promise<string> {
  return `${token}~${signingInput(KB_HEADER, await proofClaims(proof, token))}.${signature}`
}

/** The VP2 text of an open presentation. Throws Malformed. */
export function encodeShort(presentation: string): string {
  const [token, kb] = halves(presentation)
  const proof = readProof(peek(kb).claims)
  if (proof.bound) throw new Malformed('a bound proof has no short form')
  const { jti } = readPass(token)
  return `VP2:${encodeBase45(concat(Uint8Array.of(0x20), fromBase64url(jti), uint(proof.iat / STEP_SECONDS, 4), uint(proof.max, 3), signatureOf(kb)))}`
}

/** Whether a text says that it is a VP2 symbol. */
export const isShort = (text: string): boolean => text.startsWith('VP2:')

/** Reads a VP2 symbol. Throws Refusal malformed_qr or unsupported_version. */
export function decodeShort(text: string): Short {
  return refusing(() => {
    const bytes = decodeBase45(body(text, 'VP2:'))
    if (bytes.length !== SHORT_BYTES || bytes[0] !== 0x20) throw new Malformed('not the profile of a VP2 symbol')
    const fields = new Fields(bytes.slice(1))
    const jti = fields.text(12)
    const proof = { iat: fields.iat(), max: fields.number(3, 1), bound: null }
    return { jti, proof, proofSignature: fields.signature() }
  })
}

/** The canonical presentation of a short symbol, for who knows the pass. */
export const rebuildShort = (short: Short, pass: string): Promise<string> => join(pass, short.proof, short.proofSignature)

export function encodeQuestion({ merchant, amount, nonce, askedAt }: Question): string {
  return `VPQ1:${encodeBase45(concat(uint(merchant, 4), uint(amount, 3), fromBase64url(nonce), uint(askedAt, 4)))}`
}

/** Reads a VPQ1 symbol. Throws Refusal malformed_qr or unsupported_version. */
export function decodeQuestion(text: string): Question {
  return refusing(() => {
    const bytes = decodeBase45(body(text, 'VPQ1:'))
    if (bytes.length !== QUESTION_BYTES) throw new Malformed('not the length of a question')
    const fields = new Fields(bytes)
    return { merchant: fields.number(4, 1), amount: fields.number(3, 1), nonce: fields.text(8), askedAt: fields.number(4) }
  })
}

export function encodeCard(card: Bytes): string {
  if (card.length !== CARD_BYTES) throw new Malformed('a card has 16 bytes')
  return `VPC1:${toBase32(concat(card, crc(card)))}`
}

/** Reads a VPC1 symbol: the 16 bytes of the card. Throws Refusal malformed_qr or unsupported_version. */
export function decodeCard(text: string): Bytes {
  return refusing(() => {
    const card = fromBase32(body(text, 'VPC1:')).slice(0, CARD_BYTES)
    if (encodeCard(card) !== text) throw new Malformed('misread')
    return card
  })
}

/** Whether a text says that it is a VPC2 symbol. */
export const isSignedCard = (text: string): boolean => text.startsWith('VPC2:')

/** Reads a VPC2 symbol: a pass for more than once, with an offline limit. Throws Refusal malformed_qr or unsupported_version. */
export function decodeSignedCard(text: string): PassPart {
  return refusing(() => {
    const bytes = decodeBase45(body(text, 'VPC2:'))
    if (bytes.length !== SIGNED_CARD_BYTES || bytes[0] !== 0x30) throw new Malformed('not the profile or length of a signed card')
    const fields = new Fields(bytes.slice(1))
    const pass = readSymbolPass(fields, false)
    if (!pass.ofl) throw new Malformed('a signed card has an offline limit')
    return { pass, passSignature: fields.signature() }
  })
}

/** CRC-16/IBM-3740: polynomial 0x1021, start 0xFFFF. */
function crc(bytes: Bytes): Bytes {
  let value = 0xffff
  for (const byte of bytes) {
    value ^= byte << 8
    for (let bit = 0; bit < 8; bit++) value = (value & 0x8000 ? (value << 1) ^ 0x1021 : value << 1) & 0xffff
  }
  return uint(value, 2)
}

function body(text: string, prefix: string): string {
  if (text.startsWith(prefix)) return text.slice(prefix.length)
  const family = prefix.replace(/[\d:]+$/, '')
  throw new Refusal(text.startsWith(family) && text.slice(0, 8).includes(':') ? 'unsupported_version' : 'malformed_qr')
}

function refusing<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('malformed_qr')
  }
}

function halves(presentation: string): [string, string] {
  const [token, kb, ...more] = presentation.split('~')
  if (!token || !kb || more.length) throw new Malformed('not a pass with one proof')
  return [token, kb]
}

function signatureOf(token: string): Bytes {
  return fromBase64url(token.slice(token.lastIndexOf('.') + 1))
}
