import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase64, fromHex, toBase64, toHex, utf8 } from '../src/core/bytes.ts'
import { parseCheckpoint } from '../src/core/log/checkpoint.ts'
import { libraryVerify, verifyEd25519 } from '../src/core/log/ed25519.ts'
import { decodeEntry } from '../src/core/log/entry.ts'
import { LogError } from '../src/core/log/error.ts'
import { merchantId } from '../src/core/log/merchant.ts'
import * as merkle from '../src/core/log/merkle.ts'
import { cosignedAt, findSignature, parseKey, parseNote } from '../src/core/log/note.ts'
import { parsePolicy, policyAt, TooEarly } from '../src/core/log/policy.ts'
import { parseProof, verifyProof } from '../src/core/log/proof.ts'
import { commitment, isLineOf, verifyLine, verifyReceipt } from '../src/core/log/receipt.ts'
import { vectors } from './vectors.ts'

const hexes = (list: string[]) => list.map(fromHex)

test('Merkle inclusion proofs give the known answers', async () => {
  const { leaves, leaf_hashes, roots, inclusion, refused } = vectors('merkle')
  const hashes = await Promise.all(hexes(leaves).map(merkle.leafHash))
  assert.deepEqual(hashes.map(toHex), leaf_hashes)
  assert.equal(toHex(await merkle.emptyRoot()), roots[0])
  const check = (item: { index: number; size: number; proof: string[]; leaf_hash?: string; root?: string }) =>
    merkle.verifyInclusion(item.leaf_hash ? fromHex(item.leaf_hash) : hashes[item.index]!, item.index, item.size, hexes(item.proof), fromHex(item.root ?? roots[item.size]))
  for (const item of inclusion) await check(item)
  for (const item of refused.inclusion) await assert.rejects(check(item), LogError, item.why)
})

test('notes, checkpoints and cosignatures give the known answers', async () => {
  const { example, accepted, malformed, bad_signature } = vectors('checkpoint')
  assert.ok(await findSignature(parseNote(example.note), await parseKey(example.key)))
  for (const { note: raw, origin, size, root, keys, times } of accepted) {
    const note = parseNote(raw)
    const found = await parseCheckpoint(note.text)
    assert.deepEqual({ ...found, root: toBase64(found.root) }, { origin, size, root })
    for (const text of keys) {
      const key = await parseKey(text)
      const signature = await findSignature(note, key)
      assert.ok(signature)
      if (key.name in times) assert.equal(cosignedAt(signature), times[key.name])
    }
  }
  for (const { note, why } of malformed) await assert.rejects(async () => parseCheckpoint(parseNote(note).text), LogError, why)
  for (const { note, key, why } of bad_signature) await assert.rejects(async () => findSignature(parseNote(note), await parseKey(key)), LogError, why)
})

test('policies load and count their quorum, or are refused', async () => {
  const { accepted, refused } = vectors('policy')
  for (const { policy, sets, about } of accepted) {
    const { counts } = await parsePolicy(policy)
    for (const { cosigned, quorum } of sets) assert.equal(counts(new Set(cosigned)), quorum, about)
  }
  for (const { policy, why } of refused) await assert.rejects(parsePolicy(policy), LogError, why)
})

test('proofs hold, and each broken one fails', async () => {
  const { policy: text, accepted, refused } = vectors('tlogproof')
  const policy = await parsePolicy(text)
  const check = async (item: { leaf: string; proof: string }) => verifyProof(parseProof(item.proof), await merkle.leafHash(fromHex(item.leaf)), policy)
  for (const item of accepted) assert.equal((await check(item)).checkpoint.size, item.size)
  for (const item of refused) await assert.rejects(check(item), LogError, item.why)
})

test('receipts hold, and each broken one fails', async () => {
  const { policy: text, commitment: known, accepted, refused } = vectors('receipt')
  assert.equal(toHex(await commitment(known.canonical, known.salt)), known.commitment)
  const policy = await parsePolicy(text)
  for (const { receipt, transfer, index } of accepted) {
    const found = await verifyReceipt(receipt, policy)
    assert.deepEqual(found.said, transfer)
    assert.equal(found.index, index)
  }
  for (const { receipt, why } of refused) await assert.rejects(verifyReceipt(receipt, policy), LogError, why)
})

test('a cosignature of the future does not count and is not shown', async () => {
  const { policy: text, accepted } = vectors('receipt')
  const policy = await parsePolicy(text)
  const { receipt } = accepted[0]
  const times = [...(await verifyReceipt(receipt, policy)).verdict.cosigned.values()]
  const at = (now: number) => verifyReceipt(receipt, policyAt(policy, now)).then(({ verdict }) => verdict.cosigned.size)
  assert.equal(await at(Math.max(...times) - 600), times.length)
  await assert.rejects(at(Math.min(...times) - 601), TooEarly)
})

test('a shop proves its line, and nothing else', async () => {
  const { policy: text, settled, settled_refused } = vectors('receipt')
  const policy = await parsePolicy(text)
  for (const { receipt, number, line } of settled) {
    assert.deepEqual((await verifyLine(receipt, policy)).said, line)
    assert.equal(await isLineOf(receipt, number), true)
  }
  const holds = (receipt: (typeof settled)[number]['receipt'], number: string) => verifyLine(receipt, policy).then(() => isLineOf(receipt, number))
  for (const { receipt, number, why } of settled_refused) {
    assert.equal(await holds(receipt, number).catch((error: unknown) => !(error instanceof LogError)), false, why)
  }
})

test('the number of a shop stands for its identifier', async () => {
  const { muni, number, identifier } = vectors('receipt').merchant
  assert.equal(await merchantId(muni, number), identifier)
})

test('a line of an ML-DSA key is passed over, and a policy may name one', async () => {
  const { quantum, accepted } = vectors('checkpoint')
  const key = await parseKey(quantum.key)
  assert.deepEqual([key.algorithm, key.publicKey.length], [6, 1312])
  const log = await parseKey(accepted[0].keys[0])
  assert.ok(await findSignature(parseNote(quantum.note), log))
})

test('a leaf of any depth is refused in words', () => {
  for (const depth of [10, 1_000, 100_000]) {
    for (const [start, end] of [['[', ']'], ['{"a":', '}']] as const) {
      const raw = utf8(`{"a":${start.repeat(depth)}null${end.repeat(depth)}}`)
      assert.throws(() => decodeEntry(raw), LogError, String(depth))
    }
  }
})

test('each single-bit flip in a receipt is refused', async () => {
  const { policy: text, accepted } = vectors('receipt')
  const policy = await parsePolicy(text)
  const { receipt } = accepted[1]
  const broken: (typeof receipt)[] = []
  const flipText = (value: string, bit: number) => {
    const bytes = utf8(value)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    return new TextDecoder().decode(bytes)
  }
  for (const name of ['canonical', 'salt', 'tlog_proof']) {
    // Every bit of the short texts; of the long proof every 7th, so that each kind of line is hit.
    for (let bit = 0; bit < utf8(receipt[name]).length * 8; bit += name === 'tlog_proof' ? 7 : 1) broken.push({ ...receipt, [name]: flipText(receipt[name], bit) })
  }
  for (const [i, step] of receipt.inner_path.entries()) {
    for (let bit = 0; bit < step.length * 8; bit++) broken.push({ ...receipt, inner_path: receipt.inner_path.with(i, flipText(step, bit)) })
  }
  const { said } = await verifyReceipt(receipt, policy)
  for (const item of broken) {
    // A flip may unname one witness and leave a quorum: what is proved must then still be the same.
    await verifyReceipt(item, policy).then((found) => assert.deepEqual(found.said, said), (error: unknown) => assert.ok(error instanceof LogError, String(error)))
  }
})

test('the library and WebCrypto agree on Ed25519', async () => {
  const { example } = vectors('checkpoint')
  const key = await parseKey(example.key)
  const { text, signatures } = parseNote(example.note)
  const { body } = signatures[0]!
  const wrong = body.slice()
  wrong[3]! ^= 1
  for (const verify of [libraryVerify, verifyEd25519]) {
    assert.equal(await verify(key.publicKey, utf8(text), body), true)
    assert.equal(await verify(key.publicKey, utf8(text), wrong), false)
    assert.equal(await verify(fromBase64('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='), utf8(text), body), false)
  }
})
