/** What a reader says of a pass by a stolen key, and by a key that is over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sign } from '../src/core/jws.ts'
import { readKeyring, type Keyring } from '../src/core/keyring.ts'
import { makeKeyPair, thumbprint, type KeyPair } from '../src/core/keys.ts'
import { checkPass, DAY, passClaims, passHeader, type Pass } from '../src/core/pass.ts'
import { Refusal } from '../src/core/refusals.ts'

const ISS = 'https://pass.city.example'
const IAT = 1_799_971_200
const old = await makeKeyPair()
const coming = await makeKeyPair()
const kidOf = async (key: KeyPair): Promise<string> => (await thumbprint(key.publicJwk)).slice(0, 4)

async function ringOf(keys: KeyPair[], bad: KeyPair[] = []): Promise<Keyring> {
  const jwks = await Promise.all(keys.map(async (key) => {
    const { crv, kty, x, y } = key.publicJwk
    return { kty, crv, x, y, kid: await kidOf(key), use: 'sig', alg: 'ES256', vp_use: 'pass', nbf: 0, exp: IAT + 111 * DAY }
  }))
  return readKeyring({ keys: jwks }, ISS, await Promise.all(bad.map(kidOf)))
}

async function passBy(key: KeyPair): Promise<string> {
  const holder = await makeKeyPair()
  const pass: Pass = { iss: ISS, kid: await kidOf(key), iat: IAT, exp: IAT + 21 * DAY, jti: 'AAECAwQFBgcICQoL', holder: holder.publicJwk, listNo: 7, idx: 5, prg: 12, ofl: 500, once: true }
  return sign(passHeader(pass), passClaims(pass), key.privateKey)
}

const refusedWith = (code: string) => (error: unknown): boolean => error instanceof Refusal && error.code === code

test('threat key_compromise: a pass by a key among bad_kids is key_compromised, another is good', async () => {
  const ring = await ringOf([old, coming], [old])
  await assert.rejects(checkPass(await passBy(old), ring), refusedWith('key_compromised'))
  assert.equal((await checkPass(await passBy(coming), ring)).prg, 12)
})

test('threat rotation: both keys are good while both are listed; the one that is gone is unknown', async () => {
  const both = await ringOf([old, coming])
  assert.equal((await checkPass(await passBy(old), both)).kid, await kidOf(old))
  assert.equal((await checkPass(await passBy(coming), both)).kid, await kidOf(coming))
  await assert.rejects(checkPass(await passBy(old), await ringOf([coming])), refusedWith('unknown_key'))
})
