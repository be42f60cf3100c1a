/** Files of a public log: from this site, or from the log's own address. */
import { fetchBytes, fetchText } from '../api/client.ts'
import type { Bytes } from '../core/bytes.ts'
import { addendumOf, completeReceipt, type Opening } from '../core/log/opening.ts'
import { parseTransfer, type LogReceipt } from '../core/log/receipt.ts'

/** The log did not answer. */
export class Unreachable extends Error {}
/** The log has no proof of this batch: it is not there, or not signed yet. */
export class NotThere extends Error {}

export async function text(path: string): Promise<string> {
  const answer = await fetchText(path)
  if (answer.ok) return answer.value
  throw answer.problem.status === 404 ? new NotThere(path) : new Unreachable(path)
}

export async function bytes(path: string): Promise<Bytes> {
  const answer = await fetchBytes(path)
  if (answer.ok) return answer.value
  throw answer.problem.status === 404 ? new NotThere(path) : new Unreachable(path)
}

/** The path of a log on this site, from its origin: whichever host it names, the answer is checked by signatures. */
const pathOfLog = (origin: string): string => origin.slice(origin.indexOf('/'))

/** Fetches what an opening needs to be a receipt. Throws Unreachable, NotThere or LogError. */
export async function receiptOf(opening: Opening): Promise<LogReceipt> {
  const { muni, batch } = parseTransfer(opening.canonical)
  const proof = await text(`/log/gm${String(muni).padStart(4, '0')}/batches/${batch}/proof`)
  const { origin, hash } = addendumOf(proof)
  return completeReceipt(opening, proof, await bytes(`${pathOfLog(origin)}/addenda/${hash}`))
}
