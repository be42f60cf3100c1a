/** Checkpoints: exactly three lines, origin, size and root (C2SP tlog-checkpoint; spec 07). */
import { equal, type Bytes } from '../bytes.ts'
import { must } from './error.ts'
import { emptyRoot } from './merkle.ts'
import { decodeBase64 } from './note.ts'

export type Checkpoint = { origin: string; size: number; root: Bytes }

export async function parseCheckpoint(text: string): Promise<Checkpoint> {
  const [origin, size, root, end, ...more] = text.split('\n')
  must(origin && size !== undefined && root !== undefined && end === '' && more.length === 0, 'A checkpoint has three lines: origin, size and root.')
  const found = { origin, size: parseSize(size), root: decodeBase64(root) }
  must(found.root.length === 32, 'The root of a log is 32 bytes.')
  must(found.size > 0 || equal(found.root, await emptyRoot()), 'A log of no leaves has the root of no leaves.')
  return found
}

/** A decimal count without leading zeroes, at most 2^53 - 1. */
export function parseSize(text: string): number {
  const size = Number(text)
  must(/^(?:0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(size), 'The size of a log is a decimal number of at most 53 bits.')
  return size
}
