/** Proofs that stand on their own (C2SP tlog-proof; spec 07): an index, a path and a signed checkpoint. */
import type { Bytes } from '../bytes.ts'
import { parseSize } from './checkpoint.ts'
import { verifyEd25519, type Ed25519Verify } from './ed25519.ts'
import { must } from './error.ts'
import { verifyInclusion } from './merkle.ts'
import { decodeBase64, parseNote, type Note } from './note.ts'
import { checkNote, type Policy, type Verdict } from './policy.ts'

const HEADER = 'c2sp.org/tlog-proof@v1'

/** `extra` is covered by no signature: what it says must be proved by the path itself. */
export type Proof = { index: number; path: Bytes[]; note: Note; extra: Bytes }

/** Reads a proof; nothing is verified yet. Throws LogError. */
export function parseProof(text: string): Proof {
  const gap = text.indexOf('\n\n')
  const lines = gap < 0 ? [] : text.slice(0, gap).split('\n')
  must(lines.shift() === HEADER, `A proof starts with the line ${HEADER}.`)
  const extra = lines[0]?.startsWith('extra ') ? readExtra(lines.shift()!) : new Uint8Array()
  const index = lines.shift() ?? ''
  must(index.startsWith('index '), 'A proof names the index of its leaf.')
  return { index: parseSize(index.slice(6)), path: lines.map(decodeBase64), note: parseNote(text.slice(gap + 2)), extra }
}

function readExtra(line: string): Bytes {
  const extra = decodeBase64(line.slice('extra '.length))
  must(extra.length > 0, 'An extra line without data is left out.')
  return extra
}

/** Who vouches that a leaf with this hash stands in the log. Throws LogError. */
export async function verifyProof(proof: Proof, leaf: Bytes, policy: Policy, verify: Ed25519Verify = verifyEd25519): Promise<Verdict> {
  const verdict = await checkNote(policy, proof.note, verify)
  const { size, root } = verdict.checkpoint
  await verifyInclusion(leaf, proof.index, size, proof.path, root)
  return verdict
}
