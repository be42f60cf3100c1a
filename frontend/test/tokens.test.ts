import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compactVerify, importJWK, jwtVerify } from 'jose'
import { dpopProof, keyProof } from '../src/core/dpop.ts'
import { sign, verify, headerOf } from '../src/core/jws.ts'
import { importPublicKey, makeKeyPair, thumbprint } from '../src/core/keys.ts'
import { readKeyring } from '../src/core/keyring.ts'
import { checkReceipt, programmeOf } from '../src/core/receipt.ts'
import { chainHash, firstPrev, writeRecord, type TillRecord } from '../src/core/record.ts'
import { Malformed } from '../src/core/strict.ts'
import { vectors } from './vectors.ts'

const NOW = 1_800_000_000
const UUID = '0b8f6f5e-3c0f-4d4a-9d43-0f6b0f5d9c11'

async function record(subject: TillRecord['subject'], mode: TillRecord['mode']): Promise<TillRecord> {
  const prev = await firstPrev('7', 'nonce')
  return { till: '7', aud: 'https://pass.city.example', iat: NOW, jti: UUID, txn: UUID, mode, amt: 1250, cur: 'EUR', prg: 12, part: false, subject, seq: 1, prev, bnd: NOW }
}

test('jose verifies what the phone and the till sign', async () => {
  const key = await makeKeyPair()
  const jwk = await importJWK(key.publicJwk, 'ES256')
  const url = 'https://pass.city.example/api/v1/wallet/state'
  const dpop = await jwtVerify(await dpopProof({ method: 'GET', url, iat: NOW, nonce: 'n1' }, key), jwk, { currentDate: new Date(NOW * 1000), typ: 'dpop+jwt' })
  assert.deepEqual([dpop.payload['htm'], dpop.payload['htu'], dpop.payload['nonce']], ['GET', url, 'n1'])
  assert.deepEqual(dpop.protectedHeader.jwk, key.publicJwk)
  const proof = await jwtVerify(await keyProof('https://pass.city.example', NOW, 'n2', key), jwk, { currentDate: new Date(NOW * 1000), audience: 'https://pass.city.example' })
  assert.equal(proof.payload['nonce'], 'n2')
  const line = await compactVerify(await writeRecord(await record({ card: 'VPC1:X' }, 'on'), key), jwk)
  assert.equal(line.protectedHeader.kid, await thumbprint(key.publicJwk))
})

test('jose verifies the passes and proofs of the known answers', async () => {
  const { issuer, holder, cases } = vectors('presentation')
  for (const { canonical } of cases) {
    const [pass, kb] = canonical.split('~')
    await compactVerify(pass, await importJWK(issuer.jwk, 'ES256'))
    await compactVerify(kb, await importJWK(holder.jwk, 'ES256'))
  }
})

test('a private key cannot be read out of the browser', async () => {
  const { privateKey } = await makeKeyPair()
  await assert.rejects(crypto.subtle.exportKey('jwk', privateKey))
})

test('a record without exactly one fitting subject is not signed', async () => {
  const key = await makeKeyPair()
  await assert.rejects(writeRecord(await record({ ref: UUID }, 'on'), key), Malformed)
  await assert.rejects(writeRecord(await record({ pres: 'a~b' }, 'refund'), key), Malformed)
  await assert.rejects(writeRecord({ ...(await record({ card: 'x' }, 'on')), amt: -1 }, key), Malformed)
  assert.match(await chainHash('a.b.c'), /^[\w-]{43}$/)
})

test('a receipt is believed only from a receipt key, with its exact header', async () => {
  const key = await makeKeyPair()
  const kid = await thumbprint(key.publicJwk)
  const jwk = { kty: 'EC', crv: 'P-256', x: key.publicJwk.x, y: key.publicJwk.y, kid, use: 'sig', alg: 'ES256', vp_use: 'receipt', nbf: 0, exp: NOW }
  const claims = { iss: 'https://pass.city.example', aud: 'w', iat: NOW, jti: UUID, txn: UUID, res: 'approved', amt: 1250, cur: 'EUR', prg: 12, bal: 3300 }
  const token = await sign(headerOf('vprcpt+jwt', kid), claims, key.privateKey)
  const ring = await readKeyring({ keys: [jwk] }, claims.iss)
  assert.deepEqual(await checkReceipt(token, ring), claims)
  await assert.rejects(checkReceipt(token, await readKeyring({ keys: [{ ...jwk, vp_use: 'pass' }] }, claims.iss)))
  assert.deepEqual([programmeOf(token), programmeOf('no receipt'), programmeOf(await sign(headerOf('x'), { prg: '12' }, key.privateKey))], [12, 0, 0])
  await assert.rejects(checkReceipt(await sign({ ...headerOf('vprcpt+jwt', kid), crit: [] }, claims, key.privateKey), ring), Malformed)
  const stranger = await makeKeyPair()
  assert.equal(await checkReceipt(await sign(headerOf('vprcpt+jwt', kid), claims, stranger.privateKey), ring), null)
})

test('a token whose base64url has left-over bits is refused', async () => {
  const key = await makeKeyPair()
  const token = await sign(headerOf('x'), { a: 1 }, key.privateKey)
  const last = token.at(-1)!
  const twin = token.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1)
  await assert.rejects(verify(twin, await importPublicKey(key.publicJwk), headerOf('x')), Malformed)
})
