/**
 * One holder's proof of one payment (spec 07).
 * 1. The canonical transfer says what was paid; its commitment is SHA-256 over a tag, a 32-byte salt and that text.
 * 2. The commitment leads along the inner path to `tx_root` in the batch leaf; each step says on which side the
 *    neighbour stands: "l" or "r" and 64 hex digits, leaf side first.
 * 3. The leaf, carried in the tlog-proof's `extra`, leads to a checkpoint that the policy believes.
 */
import { concat, fromHex, sha256, toHex, utf8, type Bytes } from '../bytes.ts'
import { verifyEd25519, type Ed25519Verify } from './ed25519.ts'
import { decodeEntry, type JsonObject } from './entry.ts'
import { must } from './error.ts'
import { leafHash, nodeHash } from './merkle.ts'
import type { Policy, Verdict } from './policy.ts'
import { parseProof, verifyProof } from './proof.ts'

/** What the server answers; nothing in it needs to be trusted. */
export type LogReceipt = { canonical: string; salt: string; inner_path: string[]; tlog_proof: string }
/** What the log keeps of one payment: `amount` in cents, `date` a day, `merchant` a commitment (hex). */
export type Transfer = { muni: number; batch: number; fund: string; kind: 'redeem' | 'void' | 'refund'; amount: number; date: string; merchant: string }
export type Verified = { transfer: Transfer; index: number; verdict: Verdict }

const COMMIT_TAG = utf8('vpl/commit/1\0')
const TRANSFER = ['amount', 'batch', 'date', 'fund', 'kind', 'merchant', 'muni', 't', 'v']

/** Reads a canonical transfer. Throws LogError. */
export function parseTransfer(text: string): Transfer {
  const value = decodeEntry(utf8(text))
  must(Object.keys(value).sort().join() === TRANSFER.join() && value['t'] === 'transfer' && value['v'] === 1, 'This is not a transfer of version 1.')
  const transfer = value as unknown as Transfer
  const counts = [transfer.muni, transfer.batch, transfer.amount]
  must(counts.every((count) => Number.isSafeInteger(count) && count >= 1), 'A transfer counts from one.')
  must(/^(?:redeem|void|refund)$/.test(transfer.kind) && /^[0-9a-f]{64}$/.test(transfer.merchant), 'A transfer has a known kind and a merchant.')
  must(/^\d{4}-\d{2}-\d{2}$/.test(transfer.date) && typeof transfer.fund === 'string', 'A transfer has a day and a fund.')
  return transfer
}

export function commitment(canonical: string, salt: string): Promise<Bytes> {
  must(/^[0-9a-f]{64}$/.test(salt), 'A salt is 64 hex digits.')
  return sha256(concat(COMMIT_TAG, fromHex(salt), utf8(canonical)))
}

async function fold(committed: Bytes, path: readonly string[]): Promise<Bytes> {
  let found = await leafHash(committed)
  for (const step of path) {
    must(/^[lr][0-9a-f]{64}$/.test(step), 'A step of the inner path is l or r and 64 hex digits.')
    const other = fromHex(step.slice(1))
    found = step.startsWith('l') ? await nodeHash(other, found) : await nodeHash(found, other)
  }
  return found
}

function batchLeaf(leaf: Bytes): JsonObject {
  const batch = decodeEntry(leaf)
  must(batch['t'] === 'batch' && batch['v'] === 1, 'The proof leads to a leaf that is not a batch.')
  return batch
}

/** Verifies a receipt from its own bytes and the policy alone. Throws LogError that says which step failed. */
export async function verifyReceipt(receipt: LogReceipt, policy: Policy, verify: Ed25519Verify = verifyEd25519): Promise<Verified> {
  const transfer = parseTransfer(receipt.canonical)
  const proof = parseProof(receipt.tlog_proof)
  const batch = batchLeaf(proof.extra)
  must(transfer.muni === batch['muni'] && transfer.batch === batch['no'], 'The payment names another batch than the proof leads to.')
  const found = await fold(await commitment(receipt.canonical, receipt.salt), receipt.inner_path)
  must(toHex(found) === batch['tx_root'], 'The payment is not among the commitments of this batch.')
  const verdict = await verifyProof(proof, await leafHash(proof.extra), policy, verify)
  return { transfer, index: proof.index, verdict }
}
