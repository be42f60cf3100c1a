/**
 * Merkle trees as in RFC 6962 §2.1 over SHA-256 (spec 07).
 * 1. A leaf is hashed with 0x00 in front, a node with 0x01: neither can pose as the other.
 * 2. A tree of n > 1 leaves splits at the largest power of two smaller than n.
 * 3. Every hash in a proof is the root of a range of leaves; verifying walks those ranges and
 *    accepts only a proof of exactly the right length.
 * A phone proves that its payment stands in the log; who has all leaves adds them up again.
 */
import { concat, equal, sha256, type Bytes } from '../bytes.ts'
import { must } from './error.ts'

type Range = readonly [start: number, end: number]

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)
const HASH_BYTES = 32

export const leafHash = (leaf: Uint8Array): Promise<Bytes> => sha256(concat(LEAF, leaf))
export const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Bytes> => sha256(concat(NODE, left, right))
export const emptyRoot = (): Promise<Bytes> => sha256(new Uint8Array())

/** Root over leaf hashes. */
export async function rootOf(hashes: readonly Bytes[]): Promise<Bytes> {
  let level = hashes
  while (level.length > 1) level = await Promise.all(pairs(level).map(([left, right]) => (right ? nodeHash(left, right) : left)))
  return level[0] ?? emptyRoot()
}

function pairs(level: readonly Bytes[]): [Bytes, Bytes | undefined][] {
  return Array.from({ length: Math.ceil(level.length / 2) }, (_, at) => [level[2 * at]!, level[2 * at + 1]])
}

/** The path of leaf `index` up to the root over all of `hashes`, leaf side first; `before`: the neighbour stands left. */
export function pathOf(hashes: readonly Bytes[], index: number): Promise<{ before: boolean; hash: Bytes }[]> {
  return Promise.all(inclusionRanges(index, hashes.length).map(async ([start, end]) => ({ before: end <= index, hash: await rootOf(hashes.slice(start, end)) })))
}

/** The largest power of two smaller than `size` (> 1). No bit shifts: sizes go to 2^53. */
function split(size: number): number {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

/** The ranges that prove leaf `index` in a tree of `size`, leaf side first. */
function inclusionRanges(index: number, size: number): Range[] {
  must(Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size, `There is no leaf ${index} in a tree of ${size}.`)
  const ranges: Range[] = []
  for (let low = 0, high = size; high - low > 1; ) {
    const middle = low + split(high - low)
    ranges.push(index < middle ? [middle, high] : [low, middle])
    if (index < middle) high = middle
    else low = middle
  }
  return ranges.reverse()
}

/** Throws LogError unless `leaf` (a leaf hash) stands at `index` under `root`. */
export async function verifyInclusion(leaf: Bytes, index: number, size: number, proof: readonly Bytes[], root: Bytes): Promise<void> {
  const ranges = inclusionRanges(index, size)
  checkShape(ranges, proof)
  let found = leaf
  for (const [i, [, end]] of ranges.entries()) {
    found = end <= index ? await nodeHash(proof[i]!, found) : await nodeHash(found, proof[i]!)
  }
  must(equal(found, root), `The path of leaf ${index} does not end in the root of ${size} leaves.`)
}

function checkShape(ranges: readonly Range[], proof: readonly Bytes[]): void {
  must(proof.length === ranges.length, `The proof has ${proof.length} hashes where ${ranges.length} are needed.`)
  must(proof.every((step) => step.length === HASH_BYTES), 'A hash in the proof is not 32 bytes.')
}
