import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { concat, fromHex, fromUtf8, toHex, utf8, type Bytes } from '../src/core/bytes.ts'
import { LogError } from '../src/core/log/error.ts'
import { leafHash, pathOf, rootOf } from '../src/core/log/merkle.ts'
import { addendumOf, completeReceipt, readOpening, readReceipt, writeOpening } from '../src/core/log/opening.ts'
import { parsePolicy, policyAt } from '../src/core/log/policy.ts'
import { commitment, parseSaid } from '../src/core/log/receipt.ts'
import { bundles, readBundle } from '../src/core/log/tiles.ts'
import { fundName, learnFunds } from '../src/verify/funds.ts'
import { checkReceipt } from '../src/verify/receipt.ts'
import { BadPolicy, makeTrust } from '../src/verify/trust.ts'
import { addUp, type Memory, type Seen } from '../src/verify/whole.ts'
import { vectors } from './vectors.ts'

const { policy: list, accepted, refused, settled, settled_refused } = vectors('receipt')
const policy = () => parsePolicy(list)
const { accepted: proofs } = vectors('tlogproof')
const real = { fetch: globalThis.fetch, location: (globalThis as { location?: unknown }).location }

/** A site with these files; anything else is not there. */
function serve(files: Record<string, Bytes | string>): void {
  Object.assign(globalThis, {
    location: { origin: 'https://log.example' },
    fetch: async (url: URL) => {
      const found = files[new URL(url).pathname]
      return found === undefined ? new Response('', { status: 404 }) : new Response(found)
    },
  })
}
afterEach(() => { Object.assign(globalThis, real) })

test('the root over leaves and each path in it give the known answers', async () => {
  const { leaves, roots, inclusion } = vectors('merkle')
  const hashes = await Promise.all((leaves as string[]).map((leaf) => leafHash(fromHex(leaf))))
  for (const [size, root] of (roots as string[]).entries()) assert.equal(toHex(await rootOf(hashes.slice(0, size))), root)
  for (const { index, size, proof } of inclusion) {
    const path = await pathOf(hashes.slice(0, size), index)
    assert.deepEqual(path.map(({ hash }) => toHex(hash)), proof)
  }
})

test('bundles have the paths and the widths of C2SP tlog-tiles', () => {
  assert.deepEqual(bundles(0), [])
  assert.deepEqual(bundles(256), [{ path: 'tile/entries/000', width: 256 }])
  assert.deepEqual(bundles(257)[1], { path: 'tile/entries/001.p/1', width: 1 })
  assert.equal(bundles(1234068 * 256)[1234067]!.path, 'tile/entries/x001/x234/067')
})

test('a bundle is read whole or not at all', () => {
  const bundle = concat(Uint8Array.of(0, 2), utf8('ab'), Uint8Array.of(0, 0))
  assert.deepEqual(readBundle(bundle, 2).map(fromUtf8), ['ab', ''])
  for (const [bad, width] of [[bundle, 1], [bundle, 3], [bundle.slice(0, 3), 1], [concat(bundle, Uint8Array.of(0)), 2]] as const) {
    assert.throws(() => readBundle(bad, width), LogError)
  }
})

test('a receipt file is proved, and each broken one is not', async () => {
  for (const { receipt } of accepted) assert.equal((await checkReceipt(JSON.stringify(receipt), policy)).kind, 'proved')
  for (const { receipt, why } of refused) assert.equal((await checkReceipt(JSON.stringify(receipt), policy)).kind, 'differs', why)
})

test('a proof that was signed in the future is not said to be false', async () => {
  const early = async () => policyAt(await policy(), 0)
  assert.equal((await checkReceipt(JSON.stringify(accepted[0].receipt), early)).kind, 'early')
})

test('whom to believe is asked at the time of this device', async () => {
  serve({ '/log/policy': list })
  const now = Math.floor(Date.now() / 1000)
  const { until } = await makeTrust('/log').policy()
  assert.ok(until >= now + 600 && until <= now + 660)
})

test("a shop's line is proved as well, and each broken one is not", async () => {
  for (const { receipt, line } of settled) {
    const answer = await checkReceipt(JSON.stringify(receipt), policy)
    assert.deepEqual(answer.kind === 'proved' && answer.verified.said, line)
  }
  const broken = settled_refused.filter(({ why }: { why: string }) => why === 'another amount' || why === 'the path of a payment')
  assert.equal(broken.length, 2)
  for (const { receipt, why } of broken) assert.equal((await checkReceipt(JSON.stringify(receipt), policy)).kind, 'differs', why)
})

test('what is no proof is said to be none', async () => {
  for (const text of ['hello', '{', '{}', '[]', '#', 'https://log.example/log/verify', 'VP1:ABC', JSON.stringify({ ...accepted[0].receipt, more: 1 })]) {
    assert.equal((await checkReceipt(text, policy)).kind, 'unreadable', text)
  }
})

test('a link carries text and salt, and comes back the same', () => {
  for (const { canonical, salt } of [accepted[0].receipt, settled[0].receipt]) {
    const link = `https://log.example/log/verify#${writeOpening({ canonical, salt })}`
    assert.deepEqual(readOpening(link), { canonical, salt })
    assert.throws(() => readOpening(link.slice(0, -4)), LogError)
  }
})

test('a link is completed with the commitments of its own kind', () => {
  const names = [accepted[0].receipt, settled[0].receipt].map(({ canonical, tlog_proof: proof }) => addendumOf(proof, parseSaid(canonical)).hash)
  const leaf = JSON.parse(accepted[0].leaf)
  assert.deepEqual(names, [leaf.commitments, leaf.merchant_commitments])
})

test('a link with what the log serves is the whole receipt, path and all', async () => {
  const { canonical, salt, tlog_proof: proof } = accepted[0].receipt
  const own = await commitment(canonical, salt)
  const others = [Uint8Array.from({ length: 32 }, () => 0), Uint8Array.from({ length: 32 }, () => 255)]
  const receipt = await completeReceipt({ canonical, salt }, proof, concat(others[0]!, own, others[1]!))
  assert.deepEqual(receipt.inner_path, [`l${toHex(await leafHash(others[0]!))}`, `r${toHex(await leafHash(others[1]!))}`])
  await assert.rejects(completeReceipt({ canonical, salt }, proof, concat(...others)), LogError)
})

const offline = () => Object.assign(globalThis, { fetch: () => Promise.reject(new TypeError('no network')) })

test('a link to a batch that the log cannot prove yet is not there; without an answer nothing is said', async () => {
  const link = `#${writeOpening(accepted[0].receipt)}`
  serve({})
  assert.equal((await checkReceipt(link, policy)).kind, 'not_there')
  offline()
  assert.equal((await checkReceipt(link, policy)).kind, 'unreachable')
})

test('what stops a check is told as what it is', async () => {
  const file = JSON.stringify(accepted[0].receipt)
  serve({})
  const trust = makeTrust('/log')
  for (const kind of ['unreachable', 'untrusted'] as const) {
    assert.equal((await checkReceipt(file, trust.policy)).kind, kind)
    assert.equal((await addUp('/log', trust.policy, memory(null), 1, () => undefined)).kind, kind)
    trust.type('half a list')
  }
  const broken = () => Promise.reject(new TypeError('this browser has no such thing'))
  assert.equal((await checkReceipt(file, broken)).kind, 'stuck')
})

test('a list of whom to trust that was typed stays, also when the published one comes in later', async () => {
  const own = list.replace('\n', '\n# mine\n')
  const trust = makeTrust('/log')
  serve({ '/log/policy': list })
  const coming = trust.load()
  trust.type(own)
  await coming
  assert.equal(trust.shown.value, own)
  trust.leave()
  assert.equal(trust.shown.value, own)
  assert.equal((await checkReceipt(JSON.stringify(accepted[0].receipt), trust.policy)).kind, 'proved')
  assert.equal(trust.shown.value, own)
  trust.type('half a list')
  await assert.rejects(trust.policy(), BadPolicy)
})

test('an empty list of whom to trust is the published one again', async () => {
  const trust = makeTrust('/log')
  offline()
  await trust.load()
  serve({ '/log/policy': list })
  trust.type(' ')
  assert.equal((await trust.policy()).logs.length, (await policy()).logs.length)
  assert.equal(trust.shown.value, ' ')
  trust.leave()
  assert.equal(trust.shown.value, list)
})

/** The log of a proof of the vectors that has one leaf alone, as it is served. */
const whom = () => parsePolicy(vectors('tlogproof').policy)
const only = proofs.find(({ size }: { size: number }) => size === 1) as { leaf: string; proof: string } | undefined

function memory(seen: Seen | null): Memory & { kept: Seen | null } {
  const own = { kept: seen, read: () => own.kept, write: (_: string, now: Seen) => { own.kept = now } }
  return own
}

test('a log of one leaf adds up, and is remembered', async () => {
  assert.ok(only)
  const leaf = fromHex(only.leaf)
  const root = toHex(await leafHash(leaf))
  const bundle = concat(Uint8Array.of(leaf.length >> 8, leaf.length & 255), leaf)
  const note = only.proof.slice(only.proof.indexOf('\n\n') + 2)
  const ours = memory(null)
  const look = (served: Bytes, own = ours) => {
    serve({ '/log/checkpoint': note, '/log/tile/entries/000.p/1': served })
    return addUp('/log', whom, own, 1, () => undefined)
  }
  assert.equal((await look(bundle)).kind, 'fits')
  assert.deepEqual(ours.kept, { size: 1, root, at: 1 })
  assert.deepEqual(await look(bundle).then((found) => found.kind === 'fits' && found.before), { size: 1, root, at: 1 })
  bundle[bundle.length - 1]! ^= 1
  assert.equal((await look(bundle)).kind, 'differs')
  bundle[bundle.length - 1]! ^= 1
  assert.equal((await look(bundle, memory({ size: 1, root: '0'.repeat(64), at: 1 }))).kind, 'rewritten')
  assert.equal((await look(bundle, memory({ size: 2, root, at: 1 }))).kind, 'rewritten')
  assert.equal((await look(bundle.slice(0, 1))).kind, 'differs')
  serve({})
  assert.equal((await addUp('/log', whom, ours, 1, () => undefined)).kind, 'unreachable')
})

test('a receipt has four members of the right kind', () => {
  const { receipt } = accepted[0]
  assert.deepEqual(readReceipt(JSON.stringify(receipt)), receipt)
  for (const change of [{ salt: 1 }, { inner_path: 'x' }, { inner_path: [1] }, { canonical: undefined }]) {
    assert.throws(() => readReceipt(JSON.stringify({ ...receipt, ...change })), LogError)
  }
})

test('a payment is told with the name of its programme, of its own municipality only', () => {
  learnFunds(14, '{"101":"Kleding"}')
  assert.equal(fundName({ muni: 14, fund: '101' }), 'Kleding')
  for (const unknown of [{ muni: 15, fund: '101' }, { muni: 14, fund: '102' }, { muni: 14, fund: 'constructor' }]) assert.equal(fundName(unknown), 'fund')
})
