/**
 * One holder's proof of one payment (spec 07).
 * 1. The canonical transfer says what was paid; its commitment is SHA-256 over a tag, a 32-byte salt and that text.
 * 2. The commitment leads along the inner path to `tx_root` in the batch leaf; each step says on which side the
 *    neighbour stands: "l" or "r" and 64 hex digits, leaf side first.
 * 3. The leaf, carried in the tlog-proof's `extra`, leads to a checkpoint that the policy believes.
 * 4. A shop's receipt proves in the same way what a batch pays it: its settled line leads to `merchant_root`.
 */
import { concat, fromHex, sha256, toHex, utf8, type Bytes } from '../bytes.ts'
import { verifyEd25519, type Ed25519Verify } from './ed25519.ts'
import { decodeEntry, type JsonObject } from './entry.ts'
import { LogError, must } from './error.ts'
import { isHash, readSalt } from './hash.ts'
import { leafHash, nodeHash } from './merkle.ts'
import type { Policy, Verdict } from './policy.ts'
import { parseProof, verifyProof } from './proof.ts'

/** What the server answers; nothing in it needs to be trusted. */
export type LogReceipt = { canonical: string; salt: string; inner_path: string[]; tlog_proof: string }
/** What the log keeps of one payment: `amount` in cents, `date` a day, `merchant` a commitment (hex). */
export type Transfer = { t: 'transfer'; muni: number; batch: number; fund: string; kind: 'redeem' | 'void' | 'refund'; amount: number; date: string; merchant: string }
/** What a batch pays one shop: `amount` in cents, `merchant` a commitment (hex). */
export type Settled = { t: 'settled'; muni: number; batch: number; amount: number; merchant: string }
export type Said = Transfer | Settled
/** What a receipt proved, in which leaf, and who vouches for it. */
export type Verified<S extends Said = Said> = { said: S; index: number; verdict: Verdict }

const COMMIT_TAG = utf8('vpl/commit/1\0')
const MERCHANT_TAG = utf8('vpl/merchant/1\0')
const TRANSFER = ['amount', 'batch', 'date', 'fund', 'kind', 'merchant', 'muni', 't', 'v']
const SETTLED = ['amount', 'batch', 'merchant', 'muni', 't', 'v']
const BATCH = ['bank', 'budgets', 'commitments', 'from_day', 'funds', 'guarantee', 'merchant_commitments', 'merchant_root', 'merchants', 'muni', 'n', 'no', 'payable', 'pots', 't', 'to_day', 'tx_root', 'v']

/** Reads a canonical transfer or settled line. Throws LogError. */
export function parseSaid(text: string): Said {
  const kind = decodeEntry(utf8(text))['t']
  if (kind === 'transfer') return parseTransfer(text)
  if (kind === 'settled') return parseSettled(text)
  throw new LogError('This is neither a payment nor what a shop is paid.')
}

/** Reads a canonical transfer. Throws LogError. */
export function parseTransfer(text: string): Transfer {
  const transfer = parseMembers(text, 'transfer', TRANSFER) as unknown as Transfer
  must(/^(?:redeem|void|refund)$/.test(transfer.kind), 'A transfer has a known kind.')
  must(/^\d{4}-\d{2}-\d{2}$/.test(transfer.date) && typeof transfer.fund === 'string', 'A transfer has a day and a fund.')
  return transfer
}

/** Reads a canonical settled line. Throws LogError. */
export function parseSettled(text: string): Settled {
  return parseMembers(text, 'settled', SETTLED) as unknown as Settled
}

function parseMembers(text: string, kind: Said['t'], members: string[]): JsonObject {
  const value = decodeEntry(utf8(text))
  must(Object.keys(value).sort().join() === members.join() && value['t'] === kind && value['v'] === 1, `This is not a ${kind} of version 1.`)
  const counts = [value['muni'], value['batch'], value['amount']]
  must(counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 1), `A ${kind} counts from one.`)
  must(isHash(value['merchant']), `A ${kind} hides its merchant.`)
  return value
}

export async function commitment(canonical: string, salt: string): Promise<Bytes> {
  return sha256(concat(COMMIT_TAG, readSalt(salt), utf8(canonical)))
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

/** Reads a batch leaf. Throws LogError. */
export function readBatch(leaf: Bytes): JsonObject {
  const batch = decodeEntry(leaf)
  must(batch['t'] === 'batch' && batch['v'] === 1, 'The proof leads to a leaf that is not a batch.')
  const members = Object.keys(batch).filter((name) => name !== 'merchant_lines')
  must(members.sort().join() === BATCH.join(), 'The batch has other members than it should.')
  return batch
}

/** From a commitment to the batch leaf's root of that kind, and from that leaf to the checkpoint. */
async function climb<S extends Said>(receipt: LogReceipt, said: S, policy: Policy, verify: Ed25519Verify): Promise<Verified<S>> {
  const proof = parseProof(receipt.tlog_proof)
  const batch = readBatch(proof.extra)
  must(said.muni === batch['muni'] && said.batch === batch['no'], 'The payment names another batch than the proof leads to.')
  const found = await fold(await commitment(receipt.canonical, receipt.salt), receipt.inner_path)
  must(toHex(found) === batch[said.t === 'transfer' ? 'tx_root' : 'merchant_root'], 'The payment is not among the commitments of this batch.')
  return { said, index: proof.index, verdict: await verifyProof(proof, await leafHash(proof.extra), policy, verify) }
}

/** Verifies a receipt from its own bytes and the policy alone. Throws LogError that says which step failed. */
export async function verifyReceipt(receipt: LogReceipt, policy: Policy, verify: Ed25519Verify = verifyEd25519): Promise<Verified<Transfer>> {
  return climb(receipt, parseTransfer(receipt.canonical), policy, verify)
}

/** Verifies a shop's receipt for its line; whose line it is, is for `isLineOf` to say. Throws LogError. */
export async function verifyLine(receipt: LogReceipt, policy: Policy, verify: Ed25519Verify = verifyEd25519): Promise<Verified<Settled>> {
  return climb(receipt, parseSettled(receipt.canonical), policy, verify)
}

/** Is this receipt about the shop with this identifier? The log itself hides it. Throws LogError. */
export async function isLineOf({ canonical, salt }: LogReceipt, identifier: string): Promise<boolean> {
  const own = await sha256(concat(MERCHANT_TAG, readSalt(salt), utf8(identifier)))
  return toHex(own) === parseSettled(canonical).merchant
}
