/**
 * What opens one payment, or a shop's line, in the public log: its text and its salt (spec 07 §7). All else is public,
 * so a link or a QR code that carries these two is a whole receipt.
 */
import { concat, equal, fromBase64url, fromHex, fromUtf8, toBase64url, toHex, utf8, type Bytes } from '../bytes.ts'
import { LogError, must } from './error.ts'
import { isHash } from './hash.ts'
import { leafHash, pathOf } from './merkle.ts'
import { parseProof } from './proof.ts'
import { commitment, parseSaid, readBatch, type LogReceipt, type Said } from './receipt.ts'

export type Opening = Pick<LogReceipt, 'canonical' | 'salt'>

const SALT_BYTES = 32

/** The link's fragment: base64url of salt and text. A fragment is not sent to any server. */
export const writeOpening = ({ canonical, salt }: Opening): string => toBase64url(concat(fromHex(salt), utf8(canonical)))

/** Reads a fragment, or a link that ends in one. Throws LogError. */
export function readOpening(text: string): Opening {
  try {
    const bytes = fromBase64url(text.slice(text.indexOf('#') + 1))
    const opening = { salt: toHex(bytes.subarray(0, SALT_BYTES)), canonical: fromUtf8(bytes.slice(SALT_BYTES)) }
    parseSaid(opening.canonical)
    return opening
  } catch {
    throw new LogError('This is no link to a payment in the log.')
  }
}

/** The four members of a receipt file, or LogError. */
export function readReceipt(text: string): LogReceipt {
  const value = parse(text)
  const { canonical, salt, inner_path: path, tlog_proof: proof } = value
  must(Object.keys(value).length === 4 && [canonical, salt, proof].every((one) => typeof one === 'string'), 'A receipt is JSON: canonical, salt, inner_path, tlog_proof.')
  must(Array.isArray(path) && path.every((step) => typeof step === 'string'), 'A receipt is JSON: canonical, salt, inner_path, tlog_proof.')
  return value as LogReceipt
}

function parse(text: string): Partial<Record<keyof LogReceipt, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // said below
  }
  throw new LogError('A receipt is JSON: canonical, salt, inner_path, tlog_proof.')
}

/** Name of the addendum with the commitments of that kind in the batch that a proof leads to, and the log that holds it. */
export function addendumOf(proof: string, { t }: Said): { origin: string; hash: string } {
  const { note, extra } = parseProof(proof)
  const hash = readBatch(extra)[t === 'transfer' ? 'commitments' : 'merchant_commitments']
  must(isHash(hash), 'The batch does not name its commitments.')
  return { origin: note.text.split('\n')[0]!, hash }
}

/** The whole receipt of an opening: `proof` is its batch's, `addendum` holds the commitments of that batch. Throws LogError. */
export async function completeReceipt(opening: Opening, proof: string, addendum: Bytes): Promise<LogReceipt> {
  const committed = await commitment(opening.canonical, opening.salt)
  const commitments = Array.from({ length: addendum.length / 32 }, (_, at) => addendum.slice(32 * at, 32 * at + 32))
  const index = commitments.findIndex((each) => equal(each, committed))
  must(index >= 0, 'The payment is not among the commitments of this batch.')
  const path = await pathOf(await Promise.all(commitments.map(leafHash)), index)
  return { ...opening, inner_path: path.map(({ before, hash }) => (before ? 'l' : 'r') + toHex(hash)), tlog_proof: proof }
}
