import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBundle, BUNDLE_TYP, type Bundle, type BundleProgramme } from '../src/core/bundle.ts'
import { random, toBase64url } from '../src/core/bytes.ts'
import { headerOf, sign } from '../src/core/jws.ts'
import { makeKeyPair, thumbprint, type KeyPair } from '../src/core/keys.ts'
import { DAY, passClaims, passHeader, type Pass } from '../src/core/pass.ts'
import { boundProof, openProof, present, type Proof } from '../src/core/presentation.ts'
import { encode, encodeShort } from '../src/core/qr.ts'
import { Refusal } from '../src/core/refusals.ts'
import { judge, type Sale } from '../src/till/judge.ts'

const ISS = 'https://pass.city.example'
const NOW = 1_800_000_000
const SHOP = 1001
const MONEY: Sale = { amount: 1250, prg: null }
const programme = (prg: number, cur: 'EUR' | 'TKT'): BundleProgramme => ({
  prg, name: `Programme ${prg}`, cur, floor: 1500, categories: [], from: 0, to: NOW + DAY, bound_above: 4000, card_ofl: 0, ceiling: cur === 'EUR' ? 15_000 : 4,
})

const issuer = await makeKeyPair()
const signer = await makeKeyPair()
const kid = (await thumbprint(issuer.publicJwk)).slice(0, 4)

async function bundleToken(key: KeyPair): Promise<string> {
  const { crv, kty, x, y } = issuer.publicJwk
  const jwk = { kty, crv, x, y, kid, use: 'sig', alg: 'ES256', vp_use: 'pass', nbf: 0, exp: NOW + DAY }
  const claims = {
    iss: ISS, aud: 'vp:till', iat: NOW, exp: NOW + 7 * DAY, ver: 1, jwks: { keys: [jwk] }, bad_kids: [], lists: [],
    programmes: [programme(12, 'EUR'), programme(20, 'TKT'), programme(21, 'TKT')], params: {}, wd: 0,
  }
  return sign(headerOf(BUNDLE_TYP, await thumbprint(key.publicJwk)), claims, key.privateKey)
}
const bundle: Bundle = await readBundle(await bundleToken(signer), [signer.publicJwk])

/** The QR text of a new pass with this proof. */
const code = async (proof: Proof, prg = 12, by: KeyPair = issuer): Promise<string> => encode(await shown(proof, prg, by))
const short = async (proof: Proof, prg = 12): Promise<string> => encodeShort(await shown(proof, prg, issuer))

async function shown(proof: Proof, prg: number, by: KeyPair): Promise<string> {
  const holder = await makeKeyPair()
  const iat = NOW - (NOW % DAY)
  const signedBy = (await thumbprint(by.publicJwk)).slice(0, 4)
  const pass: Pass = { iss: ISS, kid: signedBy, iat, exp: iat + 21 * DAY, jti: toBase64url(random(12)), holder: holder.publicJwk, listNo: 7, idx: 5, prg, ofl: 1500, once: true }
  const token = await sign(passHeader(pass), passClaims(pass), by.privateKey)
  return present(token, proof, holder.privateKey)
}
const refusalOf = async (text: string, sale: Sale = MONEY): Promise<string> => {
  try {
    return (await judge(text, sale, bundle, SHOP, NOW)).refusal?.code ?? 'fine'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

test('a fresh code of a programme that the shop takes is fine', async () => {
  const { jti, pres, prg, cur, refusal } = await judge(` ${await code(openProof(NOW, 2500))}\n`, MONEY, bundle, SHOP, NOW)
  assert.deepEqual([jti.length, pres.split('~').length, prg, cur, refusal], [16, 2, 12, 'EUR', null])
})

test('any other QR is no city pass', async () => {
  for (const text of ['https://example.com', '', 'VP1:', 'VP1:QED8WEX0', '8710000000000']) assert.equal(await refusalOf(text), 'malformed_qr', text)
  assert.equal(await refusalOf('VP9:QED8WEX0'), 'unsupported_version')
})

test('a short code goes to the server as it is, which finds the programme unless the clerk chose it', async () => {
  const text = await short(openProof(NOW, 2500))
  const money = await judge(` ${text}\n`, MONEY, bundle, SHOP, NOW)
  assert.deepEqual([money.pres, money.prg, money.cur, money.refusal], [text, 0, 'EUR', null])
  const tickets = await judge(await short(openProof(NOW, 4), 20), { amount: 2, prg: 20 }, bundle, SHOP, NOW)
  assert.deepEqual([tickets.prg, tickets.cur, tickets.refusal], [20, 'TKT', null])
  assert.equal(await refusalOf(text.slice(0, -3)), 'malformed_qr')
})

test('the same pass is known again, in either of its codes', async () => {
  const proved = await shown(openProof(NOW, 2500), 12, issuer)
  const [whole, brief] = await Promise.all([encode(proved), encodeShort(proved)].map((text) => judge(text, MONEY, bundle, SHOP, NOW)))
  assert.equal(whole!.jti, brief!.jti)
})

test('an old code, or one of a clock that runs ahead, asks for a new code', async () => {
  assert.equal(await refusalOf(await code(openProof(NOW - 180, 2500))), 'proof_stale')
  assert.equal(await refusalOf(await code(openProof(NOW + 120, 2500))), 'proof_from_future')
  assert.equal(await refusalOf(await short(openProof(NOW - 180, 2500))), 'proof_stale')
  assert.equal(await refusalOf(await short(openProof(NOW + 120, 2500))), 'proof_from_future')
})

test('tickets and money are not mixed, and the programme that was chosen counts', async () => {
  assert.equal(await refusalOf(await code(openProof(NOW, 4), 20)), 'wrong_programme')
  assert.equal(await refusalOf(await code(openProof(NOW, 4), 20), { amount: 2, prg: 21 }), 'wrong_programme')
  assert.equal(await refusalOf(await code(openProof(NOW, 2500)), { amount: 2, prg: 20 }), 'wrong_programme')
  assert.equal(await refusalOf(await code(openProof(NOW, 4), 20), { amount: 2, prg: 20 }), 'fine')
  assert.equal(await refusalOf(await code(openProof(NOW, 2500), 99)), 'merchant_not_in_programme')
})

test('an amount above what the code allows leaves the code good for a part', async () => {
  for (const text of [await code(openProof(NOW, 320)), await short(openProof(NOW, 320))]) {
    const { pres, refusal } = await judge(text, MONEY, bundle, SHOP, NOW)
    assert.deepEqual([refusal?.code, refusal?.facts], ['amount_over_max', { max: 320 }])
    assert.ok(pres)
  }
})

test('a pass of another issuer, or bound to another shop, is refused', async () => {
  assert.equal(await refusalOf(await code(openProof(NOW, 2500), 12, await makeKeyPair())), 'unknown_key')
  assert.equal(await refusalOf(await code(boundProof(NOW, 1250, SHOP + 1, 'AAECAwQFBgc'))), 'wrong_audience')
  assert.equal(await refusalOf(await code(boundProof(NOW, 1250, SHOP, 'AAECAwQFBgc'))), 'proof_stale')
})

test('a bundle counts only under a key that was pinned', async () => {
  const stranger = await makeKeyPair()
  await assert.rejects(readBundle(await bundleToken(stranger), [signer.publicJwk]))
  const next = await readBundle(await bundleToken(stranger), [signer.publicJwk, stranger.publicJwk])
  assert.equal(next.iss, ISS)
})
