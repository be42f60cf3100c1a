/**
 * Proof of cover: a pot's parts under the root of a tree of sums (spec 11).
 * 1. A node is its sum (u64, cents) and its hash; a leaf's hash is SHA-256(0x02 || sum || commitment), a node's
 *    SHA-256(0x03 || left || right). Both sums are in it, so no sum below can be too low.
 * 2. A part's commitment names whose it is, under a salt that only its holder gets.
 * 3. The root and the total stand in a leaf of the log, with what the bank has: `gap` is at least 0 when every euro is there.
 */
import { concat, fromHex, sha256, toHex, uint, utf8, type Bytes } from '../bytes.ts'
import { decodeEntry } from './entry.ts'
import { must } from './error.ts'
import { isHash, readSalt } from './hash.ts'

/** What the leaf says; amounts in cents, `at` in epoch seconds. */
export type Cover = {
  muni: number; date: string; no: number; at: number; pots_total: number; sum_root: string; padded: number; fund_total: number; payable_total: number
  in_transit: number; unidentified: number; losses: number; receivable: number; bank_closing: number; statement: string; gap: number
}
/** `salt` in hex; a step of `path` is "l" or "r" and the neighbour's node of 40 bytes in hex, leaf side first. */
export type Part = { amount: number; salt: string; path: string[] }

const TAG = utf8('vpl/pot/1\0')
const LEAF = Uint8Array.of(2)
const NODE = Uint8Array.of(3)
const POT = 2100
const COUNTS = ['muni', 'no', 'at', 'pots_total', 'padded', 'fund_total'] as const
const AMOUNTS = ['payable_total', 'in_transit', 'unidentified', 'losses', 'receivable', 'bank_closing', 'gap'] as const
const FIELDS = [...COUNTS, ...AMOUNTS, 'date', 'sum_root', 'statement', 't', 'v'].sort().join()

/** Reads a cover leaf whose sums fit. Throws LogError. */
export function readCover(raw: Bytes): Cover {
  const value = decodeEntry(raw)
  must(value['t'] === 'cover' && value['v'] === 1 && Object.keys(value).sort().join() === FIELDS, 'This is not a proof of cover of version 1.')
  const cover = value as unknown as Cover
  must([...COUNTS, ...AMOUNTS].every((name) => Number.isSafeInteger(cover[name])) && COUNTS.every((name) => cover[name] >= 0), 'The numbers of a proof of cover are whole.')
  must(cover.no >= 1 && Number.isInteger(Math.log2(cover.padded)), 'Proofs are counted from one, and their leaves are a power of two.')
  must(/^\d{4}-\d{2}-\d{2}$/.test(cover.date) && isHash(cover.sum_root) && /^(?:[0-9a-f]{64})?$/.test(cover.statement), 'A proof of cover has a day and a root.')
  must(cover.gap === there(cover) - owed(cover), 'The gap is not what is there minus what is owed.')
  return cover
}

const there = ({ bank_closing, receivable }: Cover): number => bank_closing + receivable
const owed = (cover: Cover): number => cover.pots_total + cover.payable_total + cover.in_transit + cover.unidentified + Math.max(cover.fund_total - cover.losses, 0)

/** Whose part it is: the pot of `party` in a fund. */
export const partName = ({ muni, date, no }: Cover, fund: number, party: string, part: number): string => `${muni}/${date}/${no}/${POT}/${fund}/${party}/${part}`

type Node = { sum: number; hash: Bytes }

const bytesOf = ({ sum, hash }: Node): Bytes => concat(uint(sum, 8), hash)

async function join(left: Node, right: Node): Promise<Node> {
  const sum = left.sum + right.sum
  must(Number.isSafeInteger(sum), 'A sum is more than the log can say.')
  return { sum, hash: await sha256(concat(NODE, bytesOf(left), bytesOf(right))) }
}

async function leafOf({ amount, salt }: Part, name: string): Promise<Node> {
  must(Number.isSafeInteger(amount) && amount >= 0, 'A sum is a whole number of cents.')
  const committed = await sha256(concat(TAG, readSalt(salt), utf8(name)))
  return { sum: amount, hash: await sha256(concat(LEAF, uint(amount, 8), committed)) }
}

function neighbour(step: string): Node {
  must(/^[lr][0-9a-f]{80}$/.test(step), 'A step is l or r and 80 hex digits.')
  const sum = Number.parseInt(step.slice(1, 17), 16)
  must(Number.isSafeInteger(sum), 'A sum is more than the log can say.')
  return { sum, hash: fromHex(step.slice(17)) }
}

/** Throws LogError unless the part stands under the root of the leaf, within its total. */
export async function verifyPart(cover: Cover, name: string, part: Part): Promise<void> {
  must(part.path.length === Math.log2(cover.padded), 'The path is not as long as the tree is high.')
  let node = await leafOf(part, name)
  for (const step of part.path) {
    const other = neighbour(step)
    node = step.startsWith('l') ? await join(other, node) : await join(node, other)
  }
  must(node.sum === cover.pots_total && toHex(node.hash) === cover.sum_root, 'The path does not end in the root and the total of this proof.')
}
