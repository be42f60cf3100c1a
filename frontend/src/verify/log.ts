/** Files of a public log: from this site, or from the log's own address. */
import { fetchBytes, fetchText, type Result } from '../api/client.ts'
import type { Bytes } from '../core/bytes.ts'
import { addendumOf, completeReceipt, type Opening } from '../core/log/opening.ts'
import { parseSaid, type LogReceipt } from '../core/log/receipt.ts'

/** The log gave no answer that can be used. */
export class Unreachable extends Error {}
/** The log answered that it has no such file: a batch is not there, or not signed yet. */
export class NotThere extends Unreachable {}

export const text = async (path: string): Promise<string> => given(path, await fetchText(path))
export const bytes = async (path: string): Promise<Bytes> => given(path, await fetchBytes(path))

function given<T>(path: string, answer: Result<T>): T {
  if (answer.ok) return answer.value
  throw answer.problem.status === 404 ? new NotThere(path) : new Unreachable(path)
}

/** The path of a log on this site, from its origin: whichever host it names, the answer is checked by signatures. */
export const pathOfLog = (origin: string): string => origin.slice(origin.indexOf('/'))

/** Fetches what an opening needs to be a receipt. Throws Unreachable, NotThere or LogError. */
export async function receiptOf(opening: Opening): Promise<LogReceipt> {
  const said = parseSaid(opening.canonical)
  const proof = await text(`/log/gm${String(said.muni).padStart(4, '0')}/batches/${said.batch}/proof`)
  const { origin, hash } = addendumOf(proof, said)
  return completeReceipt(opening, proof, await bytes(`${pathOfLog(origin)}/addenda/${hash}`))
}
