/**
 * Adds the whole log up again: every leaf is fetched and hashed, and the root must be the one that was signed.
 * What this browser saw before must still be there: a log that was changed since then is found out.
 */
import { equal, fromHex, toHex, type Bytes } from '../core/bytes.ts'
import { isHash } from '../core/log/hash.ts'
import { leafHash, rootOf } from '../core/log/merkle.ts'
import { parseNote } from '../core/log/note.ts'
import { checkNote, type Policy } from '../core/log/policy.ts'
import { bundles, readBundle } from '../core/log/tiles.ts'
import { failureOf, type Failure } from './failure.ts'
import { bytes, text } from './log.ts'

/** A state of a log that this browser added up; `root` in hex, `at` in epoch milliseconds. */
export type Seen = { size: number; root: string; at: number }
export type Whole =
  | { kind: 'fits'; size: number; root: string; witnesses: number; before: Seen | null }
  | { kind: 'rewritten'; before: Seen; size: number }
  | Failure

/** What a browser remembers of a log. */
export type Memory = { read(origin: string): Seen | null; write(origin: string, seen: Seen): void }

const AT_ONCE = 6

/** `log` is its path on this site, `trusted` gives whom to believe, `progress` hears what part is done. `now` in epoch milliseconds. Never throws. */
export async function addUp(log: string, trusted: () => Promise<Policy>, memory: Memory, now: number, progress: (part: number) => void): Promise<Whole> {
  try {
    const { checkpoint, cosigned } = await checkNote(await trusted(), parseNote(await text(`${log}/checkpoint`)))
    const before = memory.read(checkpoint.origin)
    if (before && before.size > checkpoint.size) return { kind: 'rewritten', before, size: checkpoint.size }
    const hashes = await allHashes(log, checkpoint.size, progress)
    const root = await rootOf(hashes)
    if (!equal(root, checkpoint.root)) return { kind: 'differs', why: `The ${hashes.length} leaves do not hash to the root that was signed.` }
    if (before && !equal(await rootOf(hashes.slice(0, before.size)), fromHex(before.root))) return { kind: 'rewritten', before, size: checkpoint.size }
    memory.write(checkpoint.origin, { size: checkpoint.size, root: toHex(root), at: now })
    return { kind: 'fits', size: checkpoint.size, root: toHex(root), witnesses: cosigned.size, before }
  } catch (error) {
    return failureOf(error)
  }
}

async function allHashes(log: string, size: number, progress: (part: number) => void): Promise<Bytes[]> {
  const all = bundles(size)
  const hashes: Bytes[][] = []
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = await Promise.all(all.slice(at, at + AT_ONCE).map(async ({ path, width }) => Promise.all(readBundle(await bytes(`${log}/${path}`), width).map(leafHash))))
    hashes.push(...some)
    progress(Math.min(1, (at + AT_ONCE) / all.length))
  }
  return hashes.flat()
}

/** The browser's own storage. Where it is blocked, nothing is remembered. */
export const ownMemory: Memory = {
  read(origin) {
    try {
      const { size, root, at } = JSON.parse(localStorage.getItem(`log:${origin}`) ?? '{}') as Partial<Seen>
      return Number.isSafeInteger(size) && isHash(root) && Number.isSafeInteger(at) ? { size: size!, root, at: at! } : null
    } catch {
      return null
    }
  },
  write(origin, seen) {
    try {
      localStorage.setItem(`log:${origin}`, JSON.stringify(seen))
    } catch {
      return
    }
  },
}
