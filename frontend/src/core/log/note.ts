/**
 * Signed notes (C2SP signed-note) and cosignatures (C2SP tlog-cosignature; spec 07).
 * 1. A note is text that ends in a newline, an empty line, and signature lines.
 * 2. A signature line is "— <key name> base64(key id || signature)". Lines of unknown keys are passed over,
 *    a line of a known key must verify.
 * 3. Type 1 (a log) signs the text. Type 4 (a witness) signs a header, the time and the text.
 * 4. Type 6 (a log, beside type 1) is ML-DSA-44. A phone knows such a key when it sees one, and does not check it.
 */
import { concat, equal, fromBase64, readUint, sha256, toHex, utf8, type Bytes } from '../bytes.ts'
import { verifyEd25519, type Ed25519Verify } from './ed25519.ts'
import { LogError, must } from './error.ts'

export const LOG_KEY = 0x01
export const WITNESS_KEY = 0x04
export const QUANTUM_KEY = 0x06
const PUBLIC_BYTES = new Map([[LOG_KEY, 32], [WITNESS_KEY, 32], [QUANTUM_KEY, 1312]])
const MAX_NOTE_BYTES = 65_536
const MAX_SIGNATURES = 64

export type VerifierKey = { name: string; algorithm: number; id: Bytes; publicKey: Bytes }
/** `body` is what follows the key id. */
export type Signature = { name: string; id: Bytes; body: Bytes }
export type Note = { text: string; signatures: Signature[] }

/** Reads a vkey "<name>+<id>+<base64>" of type 1, 4 or 6. */
export async function parseKey(text: string): Promise<VerifierKey> {
  const [, name, id, base64] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(text) ?? []
  must(name !== undefined && id !== undefined && base64 !== undefined, 'A key is a name, an id and base64 with plus signs between.')
  checkName(name)
  const material = decodeBase64(base64)
  const algorithm = material[0]!
  must(PUBLIC_BYTES.get(algorithm) === material.length - 1, `The key ${name} is not a whole key of type 1, 4 or 6.`)
  const digest = (await sha256(concat(utf8(`${name}\n`), material))).slice(0, 4)
  must(toHex(digest) === id, `The id of the key ${name} does not fit the key.`)
  return { name, algorithm, id: digest, publicKey: material.slice(1) }
}

/** Reads a note; who signed it is for `findSignature` to say. */
export function parseNote(raw: string): Note {
  must(utf8(raw).length <= MAX_NOTE_BYTES, 'A note is too large.')
  // oxlint-disable-next-line no-control-regex -- that is what is being refused
  must(!/[\u0000-\u0009\u000b-\u001f]/.test(raw), 'A note holds a control character.')
  const gap = raw.lastIndexOf('\n\n')
  must(gap > 0, 'A note is text, an empty line and signatures.')
  const lines = raw.slice(gap + 2).split('\n')
  must(lines.pop() === '' && lines.length >= 1 && lines.length <= MAX_SIGNATURES, 'A note has 1 to 64 signature lines.')
  return { text: raw.slice(0, gap + 1), signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): Signature {
  const [dash, name, base64, ...more] = line.split(' ')
  must(dash === '\u2014' && name !== undefined && base64 !== undefined && more.length === 0, 'A signature line is a dash, a key name and base64.')
  checkName(name)
  const blob = decodeBase64(base64)
  must(blob.length >= 5, 'A signature is shorter than a key id and one byte.')
  return { name, id: blob.slice(0, 4), body: blob.slice(4) }
}

/** The verified signature by `key`, or null when no line names it. Throws LogError when a line does and does not fit. */
export async function findSignature(note: Note, key: VerifierKey, verify: Ed25519Verify = verifyEd25519): Promise<Signature | null> {
  const mine = note.signatures.filter(({ name, id }) => name === key.name && equal(id, key.id))
  for (const signature of mine) must(await fits(note.text, signature, key, verify), `The signature of ${key.name} does not fit this note.`)
  return mine[0] ?? null
}

/** Epoch seconds at which a witness cosigned. */
export const cosignedAt = (signature: Signature): number => readUint(signature.body.subarray(0, 8))

async function fits(text: string, { body }: Signature, key: VerifierKey, verify: Ed25519Verify): Promise<boolean> {
  if (key.algorithm === LOG_KEY) return body.length === 64 && verify(key.publicKey, utf8(text), body)
  if (key.algorithm !== WITNESS_KEY || body.length !== 72) return false
  const time = readUint(body.subarray(0, 8))
  if (time <= 0 || !Number.isSafeInteger(time)) return false
  return verify(key.publicKey, utf8(`cosignature/v1\ntime ${time}\n${text}`), body.slice(8))
}

export function decodeBase64(text: string): Bytes {
  try {
    return fromBase64(text)
  } catch {
    throw new LogError('A value is not standard base64.')
  }
}

function checkName(name: string): void {
  must(name !== '' && !/[\s+]/.test(name), 'A key name is not empty and holds no spaces and no plus sign.')
}
