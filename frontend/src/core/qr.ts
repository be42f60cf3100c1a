/**
 * The QR codes of the protocol (spec 03), big-endian bytes as base45 after a prefix of four characters:
 * VP1 a whole presentation (198 bytes open, 210 bound) · VP2 its short online form (84 bytes)
 * VPC1 a printed card · VPQ1 what a till asks for.
 * The reader rebuilds the exact tokens; a field out of range or a reserved bit refuses the symbol.
 */
import { decodeBase45, encodeBase45 } from './base45.ts'
import { concat, fromBase64url, readUint, toBase64url, uint, type Bytes } from './bytes.ts'
import { compress, decompress } from './p256.ts'
import { passInput, readPass, type Pass } from './pass.ts'
import { proofInput, readPresentation, STEP_SECONDS, type Binding, type Proof } from './presentation.ts'
import { Refusal, refuseAs } from './refusals.ts'
import { U24, U32 } from './strict.ts'

const DAY = 86_400
const OPEN = 198
const BOUND = 210

/** A cursor over bytes: each call takes the next field. */
function reader(bytes: Bytes) {
  let at = 0
  const take = (size: number): Bytes => bytes.slice(at, (at += size))
  return { take, uint: (size: number): number => readUint(take(size)), text: (size: number): string => toBase64url(take(size)) }
}

/** The text of a VP1 symbol for a presentation. Throws Malformed when it is none of ours. */
export async function encodeVp1(presentation: string): Promise<string> {
  const { pass: token, kb, proof } = await readPresentation(presentation)
  const { pass, kid, signature } = readPass(token)
  const { bound } = proof
  const bytes = concat(
    uint(0x10 | (pass.once ? 2 : 0) | (bound ? 1 : 0), 1), fromBase64url(kid), fromBase64url(pass.jti),
    uint(pass.iat / DAY, 2), uint(pass.exp / DAY, 2), uint(pass.list, 2), uint(pass.idx, 3), uint(pass.prg, 2), uint(pass.ofl, 3),
    compress(pass.key), signature, uint(proof.step, 4), uint(proof.max, 3),
    ...(bound ? [uint(bound.merchant, 4), fromBase64url(bound.nonce)] : []),
    fromBase64url(kb.slice(kb.lastIndexOf('.') + 1)),
  )
  return `VP1:${encodeBase45(bytes)}`
}

/** The issuer URL that a kid stands for, from the till's bundle; undefined when the kid is not known. */
export type IssuerOf = (kid: string) => string | undefined

/** Rebuilds the presentation of a VP1 symbol. Throws Refusal `malformed_qr`, `unsupported_version` or `unknown_key`. */
export async function decodeVp1(text: string, issuerOf: IssuerOf): Promise<string> {
  const bytes = payload(text, 'VP1:')
  const flags = bytes[0]!
  if (flags >> 4 !== 1) throw new Refusal('unsupported_version')
  if (flags & 0x0c || bytes.length !== (flags & 1 ? BOUND : OPEN)) throw new Refusal('malformed_qr')
  const field = reader(bytes.slice(1))
  const kid = field.text(3)
  const iss = issuerOf(kid)
  if (iss === undefined) throw new Refusal('unknown_key')
  return refuseAsync('malformed_qr', () => rebuild(field, kid, iss, flags))
}

async function rebuild(field: ReturnType<typeof reader>, kid: string, iss: string, flags: number): Promise<string> {
  const jti = field.text(12)
  const [iat, exp, list, idx, prg, ofl] = [field.uint(2) * DAY, field.uint(2) * DAY, field.uint(2), field.uint(3), field.uint(2), field.uint(3)] as const
  const pass: Pass = { iss, jti, iat, exp, list, idx, prg, ofl, key: decompress(field.take(33)), once: (flags & 2) !== 0 }
  const token = `${passInput(pass, kid)}.${field.text(64)}`
  const [step, max] = [field.uint(4), field.uint(3)] as const
  if (step * STEP_SECONDS > U32) throw new Refusal('malformed_qr')
  const bound: Binding | undefined = flags & 1 ? { merchant: field.uint(4), nonce: field.text(8) } : undefined
  const proof: Proof = { step, max, bound }
  return `${token}~${await proofInput(token, proof)}.${field.text(64)}`
}

/** The short form for the server, which knows the pass: jti, step, max and the proof's signature. */
export type ShortForm = { jti: string; step: number; max: number; signature: string }

/** The text of a VP2 symbol. Only an open proof has a short form. */
export async function encodeVp2(presentation: string): Promise<string> {
  const { pass, kb, proof } = await readPresentation(presentation)
  if (proof.bound) throw new RangeError('a bound proof has no short form')
  const { jti } = readPass(pass).pass
  const signature = fromBase64url(kb.slice(kb.lastIndexOf('.') + 1))
  return `VP2:${encodeBase45(concat(Uint8Array.of(0x20), fromBase64url(jti), uint(proof.step, 4), uint(proof.max, 3), signature))}`
}

/** Throws Refusal `malformed_qr` or `unsupported_version`. */
export function decodeVp2(text: string): ShortForm {
  const bytes = payload(text, 'VP2:')
  if (bytes[0] !== 0x20) throw new Refusal('unsupported_version')
  if (bytes.length !== 84) throw new Refusal('malformed_qr')
  const field = reader(bytes.slice(1))
  return { jti: field.text(12), step: field.uint(4), max: field.uint(3), signature: field.text(64) }
}

/** What a till asks for. `amount` in cents, `time` in epoch seconds, `nonce` 8 bytes in base64url. */
export type Request = { merchant: number; amount: number; nonce: string; time: number }

export function encodeVpq1(request: Request): string {
  return `VPQ1:${encodeBase45(concat(uint(request.merchant, 4), uint(request.amount, 3), fromBase64url(request.nonce), uint(request.time, 4)))}`
}

/** Throws Refusal `malformed_qr`. */
export function decodeVpq1(text: string): Request {
  const bytes = payload(text, 'VPQ1:')
  if (bytes.length !== 19) throw new Refusal('malformed_qr')
  const field = reader(bytes)
  return { merchant: field.uint(4), amount: field.uint(3), nonce: field.text(8), time: field.uint(4) }
}

function payload(text: string, prefix: string): Bytes {
  if (!text.startsWith(prefix)) throw new Refusal('malformed_qr')
  return refuseAs('malformed_qr', () => decodeBase45(text.slice(prefix.length)))
}

async function refuseAsync<T>(code: 'malformed_qr', work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(code)
  }
}

export const MAX_AMOUNT = U24
