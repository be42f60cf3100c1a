import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { fromHex, toBase64url, toHex } from '../src/core/bytes.ts'
import { headerOf, sign } from '../src/core/jws.ts'
import { readKeyring } from '../src/core/keyring.ts'
import { makeKeyPair, thumbprint } from '../src/core/keys.ts'
import { Malformed } from '../src/core/strict.ts'
import { readStatusList, STATUS_TYP, unpack, withdrawn } from '../src/core/statuslist.ts'
import { vectors } from './vectors.ts'

const known = vectors('statuslist')
const ISS = 'https://pass.city.example'
const URI = `${ISS}/status/7`

test('lists unpack as in the vectors', async () => {
  for (const { name, bits, lst, withdrawn: places } of known.good) {
    assert.equal(toHex(await unpack(lst)), bits, name)
    const list = { uri: URI, iat: 0, bits: fromHex(bits) }
    const found = Array.from({ length: bits.length * 4 }, (_, idx) => idx).filter((idx) => withdrawn(list, idx))
    assert.deepEqual(found, places, name)
  }
})

test('what is no list, is cut off or has something behind it is refused', async () => {
  for (const { name, lst } of known.refused) await assert.rejects(unpack(lst), Malformed, name)
})

test('threat decompression_bomb: zeros far over 1 MiB are refused, and not unpacked', async () => {
  const bomb = toBase64url(deflateSync(new Uint8Array(64 << 20), { level: 9 }))
  const before = process.memoryUsage().arrayBuffers
  await assert.rejects(unpack(bomb), Malformed)
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 << 20)
})

const status = await makeKeyPair()
const kid = await thumbprint(status.publicJwk)
const ringOf = (use: string) => {
  const { crv, kty, x, y } = status.publicJwk
  return readKeyring({ keys: [{ kty, crv, x, y, kid, use: 'sig', alg: 'ES256', vp_use: use, nbf: 0, exp: 2 ** 31 }] }, ISS)
}
const token = (change: Record<string, unknown> = {}) =>
  sign(headerOf(STATUS_TYP, kid), { sub: URI, iat: 1_800_000_000, exp: 1_800_172_800, ttl: 600, status_list: { bits: 1, lst: known.good[0].lst }, ...change }, status.privateKey)

test('a list is read under the status key, for its own address only', async () => {
  const list = await readStatusList(await token(), URI, await ringOf('status'))
  assert.deepEqual([list.uri, list.iat, withdrawn(list, 3), withdrawn(list, 1)], [URI, 1_800_000_000, true, false])
  await assert.rejects(readStatusList(await token(), `${ISS}/status/8`, await ringOf('status')), Malformed)
  await assert.rejects(readStatusList(await token(), URI, await ringOf('pass')), { code: 'unknown_key' })
  await assert.rejects(readStatusList(await token({ status_list: { bits: 2, lst: 'AA' } }), URI, await ringOf('status')), Malformed)
  const changed = (await token()).replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))
  await assert.rejects(readStatusList(changed, URI, await ringOf('status')), Malformed)
})
