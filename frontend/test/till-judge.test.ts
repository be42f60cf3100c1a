import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBundle, BUNDLE_TYP, type Bundle, type BundleProgramme } from '../src/core/bundle.ts'
import { encodeBase45 } from '../src/core/base45.ts'
import { concat, fromBase64url, random, toBase64url, uint } from '../src/core/bytes.ts'
import { headerOf, sign } from '../src/core/jws.ts'
import { makeKeyPair, thumbprint, type KeyPair } from '../src/core/keys.ts'
import { compress } from '../src/core/p256.ts'
import { DAY, passClaims, passHeader, type Pass } from '../src/core/pass.ts'
import { boundProof, openProof, present, type Proof } from '../src/core/presentation.ts'
import { encode, encodeCard, encodeShort } from '../src/core/qr.ts'
import { Refusal } from '../src/core/refusals.ts'
import { withdrawn, type StatusList } from '../src/core/statuslist.ts'
import { faceOf, nextOf, wordsOf } from '../src/till/outcome.ts'
import { judge, type Off, type Rules, type Sale } from '../src/till/judge.ts'

const ISS = 'https://pass.city.example'
const NOW = 1_800_000_000
const LIST = `${ISS}/status/7`
const SHOP = 1001
const MONEY: Sale = { amount: 1250, prg: null }
const programme = (prg: number, cur: 'EUR' | 'TKT'): BundleProgramme => ({
  prg, name: `Programme ${prg}`, cur, floor: 1500, categories: [], from: 0, to: NOW + DAY, bound_above: 4000, card_ofl: 0, ceiling: cur === 'EUR' ? 15_000 : 4,
})

const issuer = await makeKeyPair()
const cardIssuer = await makeKeyPair()
const signer = await makeKeyPair()
const kid = (await thumbprint(issuer.publicJwk)).slice(0, 4)
const cardKid = (await thumbprint(cardIssuer.publicJwk)).slice(0, 4)

async function bundleToken(key: KeyPair, changes: Record<string, unknown> = {}): Promise<string> {
  const jwk = ({ crv, kty, x, y }: KeyPair['publicJwk'], name: string, vp_use: string) => ({ kty, crv, x, y, kid: name, use: 'sig', alg: 'ES256', vp_use, nbf: 0, exp: NOW + DAY })
  const claims = {
    iss: ISS, aud: 'vp:till', iat: NOW, exp: NOW + 7 * DAY, ver: 1, jwks: { keys: [jwk(issuer.publicJwk, kid, 'pass'), jwk(cardIssuer.publicJwk, cardKid, 'card')] }, bad_kids: [], lists: [LIST],
    programmes: [programme(12, 'EUR'), programme(20, 'TKT'), programme(21, 'TKT')], params: {}, wd: 0, ...changes,
  }
  return sign(headerOf(BUNDLE_TYP, await thumbprint(key.publicJwk)), claims, key.privateKey)
}
const rules = (more: Partial<Rules> = {}): Rules => ({ bundle, merchant: SHOP, question: null, off: null, ...more })
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
const refusalOf = async (text: string, sale: Sale = MONEY, by: Rules = rules(), now = NOW): Promise<string> => {
  try {
    return (await judge(text, sale, by, now)).refusal?.code ?? 'fine'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

test('a fresh code of a programme that the shop takes is fine', async () => {
  const { jti, subject, prg, cur, refusal } = await judge(` ${await code(openProof(NOW, 2500))}\n`, MONEY, rules(), NOW)
  assert.deepEqual([jti.length, String(Object.values(subject)[0]).split('~').length, prg, cur, refusal], [16, 2, 12, 'EUR', null])
})

test('any other QR is no city pass', async () => {
  for (const text of ['https://example.com', '', 'VP1:', 'VP1:QED8WEX0', '8710000000000']) assert.equal(await refusalOf(text), 'malformed_qr', text)
  assert.equal(await refusalOf('VP9:QED8WEX0'), 'unsupported_version')
})

test('a short code goes to the server as it is, which finds the programme unless the clerk chose it', async () => {
  const text = await short(openProof(NOW, 2500))
  const money = await judge(` ${text}\n`, MONEY, rules(), NOW)
  assert.deepEqual([Object.values(money.subject)[0], money.prg, money.cur, money.refusal], [text, 0, 'EUR', null])
  const tickets = await judge(await short(openProof(NOW, 4), 20), { amount: 2, prg: 20 }, rules(), NOW)
  assert.deepEqual([tickets.prg, tickets.cur, tickets.refusal], [20, 'TKT', null])
  assert.equal(await refusalOf(text.slice(0, -3)), 'malformed_qr')
})

test('the same pass is known again, in either of its codes', async () => {
  const proved = await shown(openProof(NOW, 2500), 12, issuer)
  const [whole, brief] = await Promise.all([encode(proved), encodeShort(proved)].map((text) => judge(text, MONEY, rules(), NOW)))
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
    const { subject, refusal } = await judge(text, MONEY, rules(), NOW)
    assert.deepEqual([refusal?.code, refusal?.facts], ['amount_over_max', { max: 320 }])
    assert.ok('pres' in subject)
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

/** A till without a connection for which all is well: one list, an hour old, on which place 5 is not withdrawn. */
const list = (change: Partial<StatusList> = {}): StatusList => ({ uri: LIST, iat: NOW - 3600, bits: new Uint8Array(2), ...change })
const off = (change: Partial<Off> = {}): Off => ({
  bundle, lists: new Map([[LIST, list()]]), waiting: { records: 0, cents: 0, since: null }, clockBack: false, lastAt: NOW - 60, seenAt: async () => null, takenToday: async () => 0, ...change,
})
const without = async (text: string, change: Partial<Off> = {}, now = NOW, amount = 1250): Promise<string> =>
  refusalOf(text, { amount, prg: null }, rules({ off: off(change) }), now)
const HOUR = 3600

test('without a connection a good code pays, up to what the pass and the programme allow', async () => {
  const text = await code(openProof(NOW, 9000))
  assert.equal(await without(text), 'fine')
  assert.equal(await without(text, {}, NOW, 1500), 'fine')
  assert.equal(await without(text, {}, NOW, 1501), 'over_offline_limit')
  const { refusal } = await judge(text, { amount: 1501, prg: null }, rules({ off: off() }), NOW)
  assert.deepEqual(refusal?.facts, { max: 1500 })
})

test('each of the conditions of a till without a connection has its own refusal', async () => {
  const text = await code(openProof(NOW, 2500))
  const cases: [Partial<Off>, string][] = [
    [{ clockBack: true }, 'till_clock_invalid'],
    [{ lastAt: NOW + 61 }, 'till_clock_invalid'],
    [{ bundle: { ...bundle, exp: NOW } }, 'bundle_expired'],
    [{ lists: new Map() }, 'list_stale'],
    [{ lists: new Map([[LIST, list({ bits: new Uint8Array([1 << 5]) })]]) }, 'pass_revoked'],
    [{ seenAt: async () => NOW - 60 }, 'already_redeemed'],
    [{ waiting: { records: 40, cents: 100, since: NOW - 60 } }, 'till_offline_quota'],
    [{ waiting: { records: 39, cents: 38_751, since: NOW - 60 } }, 'till_offline_quota'],
    [{ waiting: { records: 1, cents: 100, since: NOW - 72 * HOUR - 1 } }, 'till_offline_quota'],
    [{ waiting: { records: 39, cents: 38_750, since: NOW - 72 * HOUR } }, 'fine'],
    [{ bundle: { ...bundle, exp: NOW, wd: 1 } }, 'fine'],
  ]
  for (const [change, wanted] of cases) assert.equal(await without(text, change), wanted, JSON.stringify(change))
})

test('a code is fresh for -120 to 180 seconds without a connection', async () => {
  const iat = NOW - (NOW % 30)
  const text = await code(openProof(NOW, 2500))
  const codes = await Promise.all([iat - 121, iat - 120, iat + 180, iat + 181].map((now) => without(text, {}, now)))
  // The till's own clock must not run behind its last record, so only the pass is judged here.
  assert.deepEqual(codes, ['till_clock_invalid', 'till_clock_invalid', 'fine', 'proof_stale'])
  assert.equal(await without(text, { lastAt: 0, bundle: { ...bundle, iat: 0 } }, iat - 120), 'fine')
  assert.equal(await without(text, { lastAt: 0, bundle: { ...bundle, iat: 0 } }, iat - 121), 'proof_from_future')
})

test('threat stale_revocation_list: a list of 49 hours stops the till, one of 48 does not, nor one that the bundle allows longer', async () => {
  const text = await code(openProof(NOW, 2500))
  const old = (hours: number): Partial<Off> => ({ lists: new Map([[LIST, list({ iat: NOW - hours * HOUR })]]) })
  assert.equal(await without(text, old(49)), 'list_stale')
  assert.equal(await without(text, old(48)), 'fine')
  assert.equal(await without(text, { ...old(71), bundle: { ...bundle, wd: 1 } }), 'fine')
})

test('short codes and cards need a connection, and say so in their own words', async () => {
  await assert.rejects(judge(await short(openProof(NOW, 2500)), MONEY, rules({ off: off() }), NOW), { code: 'offline_not_allowed', facts: { says: 'short' } })
  assert.equal(await without('VPC1:AAAQEAYEAUDAOCAJBIFQYDIOB4CGQ'), 'malformed_qr')
  assert.equal(await without(CARD), 'card_online_only')
})

const CARD = encodeCard(Uint8Array.from({ length: 16 }, (_, i) => i))

test('a card goes to the server, which chooses the pot when the shop takes more of them', async () => {
  const one = await judge(` ${CARD.toLowerCase()} `, MONEY, rules(), NOW)
  assert.deepEqual([one.subject, one.prg, one.cur], [{ card: CARD }, 12, 'EUR'])
  const two = { ...bundle, programmes: [...bundle.programmes, programme(13, 'EUR')] }
  assert.equal((await judge(CARD, MONEY, rules({ bundle: two }), NOW)).prg, 0)
  assert.equal((await judge(CARD, { amount: 1, prg: 20 }, rules({ bundle: two }), NOW)).prg, 20)
  assert.equal(await refusalOf(`${CARD.slice(0, -1)}A`), 'malformed_qr')
})

test('a signed card pays a little without a connection: so much a day, where the programme allows it', async () => {
  const iat = NOW - (NOW % DAY)
  const pass: Pass = { iss: ISS, kid: cardKid, iat, exp: iat + 365 * DAY, jti: toBase64url(random(12)), holder: issuer.publicJwk, listNo: 7, idx: 5, prg: 12, ofl: 500, once: false }
  const signed = async (of: Pass): Promise<string> => encodeSigned(of, await sign(passHeader(of), passClaims(of), cardIssuer.privateKey))
  const card = await signed(pass)
  const allowed = { ...bundle, programmes: bundle.programmes.map((each) => ({ ...each, card_ofl: each.prg === 12 ? 400 : 0 })) }
  const judged = async (amount: number, change: Partial<Off> = {}, by = allowed) => refusalOf(card, { amount, prg: null }, rules({ bundle: by, off: off({ bundle: by, ...change }) }))
  assert.equal(await judged(400), 'fine')
  assert.equal(await judged(401), 'over_offline_limit')
  assert.equal(await judged(100, { takenToday: async () => 301 }), 'over_offline_limit')
  const heard = async (text: string, change: Partial<Off> = {}): Promise<string[]> => {
    const found = await judge(text, { amount: 100, prg: null }, rules({ bundle: allowed, off: off({ bundle: allowed, ...change }) }), NOW).then(({ refusal }) => refusal, (error: unknown) => error)
    return found instanceof Refusal ? [wordsOf(found.code, found.facts), faceOf(found.code, found.facts), nextOf(found.code, found.facts)] : []
  }
  assert.deepEqual(await heard(card, { takenToday: async () => 400 }), ['card_used', 'refused', 'start'])
  assert.deepEqual(await heard(await signed({ ...pass, iat: iat - DAY, exp: iat, listNo: 3 })), ['card_ended', 'refused', 'start']) // a list of years ago
  assert.deepEqual(await heard(card, { lists: new Map([[LIST, list({ bits: new Uint8Array([1 << 5]) })]]) }), ['pass_revoked', 'refused', 'start']) // no other code of it would do
  assert.equal(await judged(100, {}, bundle), 'card_online_only')
  assert.equal(await judged(100, { lists: new Map([[LIST, list({ bits: new Uint8Array([1 << 5]) })]]) }), 'pass_revoked')
  const byPassKey = { ...pass, kid }
  const forged = encodeSigned(byPassKey, await sign(passHeader(byPassKey), passClaims(byPassKey), issuer.privateKey))
  assert.equal(await refusalOf(forged, MONEY, rules({ bundle: allowed, off: off({ bundle: allowed }) })), 'unknown_key')
  await assert.rejects(judge(card, MONEY, rules({ bundle: allowed }), NOW), (error: unknown) => error instanceof Refusal && wordsOf(error.code, error.facts) === 'other_code') // there is a connection
})

/** A VPC2 text, as the municipality prints it. */
function encodeSigned(pass: Pass, token: string): string {
  const fields = concat(
    uint(0x30, 1), fromBase64url(pass.kid), fromBase64url(pass.jti), uint(pass.iat / DAY, 2), uint(pass.exp / DAY, 2), uint(pass.listNo, 2),
    uint(pass.idx, 3), uint(pass.prg, 2), uint(pass.ofl, 3), compress(pass.holder), fromBase64url(token.slice(token.lastIndexOf('.') + 1)),
  )
  return `VPC2:${encodeBase45(fields)}`
}

test('an answer counts for this shop, this question and this amount, with a connection and without', async () => {
  const question = { merchant: SHOP, amount: 1250, nonce: 'AAECAwQFBgc', askedAt: NOW - 100 }
  const answer = (amount: number, merchant = SHOP, nonce = question.nonce): Promise<string> => code(boundProof(NOW - 3600, amount, merchant, nonce))
  for (const more of [{ question }, { question, off: off() }]) {
    const judged = async (text: string, now = NOW): Promise<string> => refusalOf(text, MONEY, rules(more), now)
    assert.equal(await judged(await answer(1250)), 'fine')
    assert.equal(await judged(await answer(1250, SHOP + 1)), 'wrong_audience')
    assert.equal(await judged(await answer(1250, SHOP, 'AAECAwQFBgg')), 'bad_proof')
    assert.equal(await judged(await answer(1200)), 'bad_proof')
    assert.equal(await judged(await answer(1250), NOW + 81), 'proof_stale')
  }
  assert.equal(await refusalOf(await answer(1250)), 'proof_stale')
})

test('a pass of a withdrawn key is refused without a connection', async () => {
  const told = await readBundle(await bundleToken(signer, { bad_kids: [kid] }), [signer.publicJwk])
  assert.equal(await refusalOf(await code(openProof(NOW, 2500)), MONEY, rules({ bundle: told, off: off({ bundle: told }) })), 'key_compromised')
})

test('a bundle names its limits and the keys that may sign the next one', async () => {
  const next = await makeKeyPair()
  const told = await readBundle(await bundleToken(signer, { params: { records: 3 }, wd: 2, pins: [next.publicJwk] }), [signer.publicJwk])
  assert.deepEqual([told.params.records, told.params.total, told.wd, told.pins], [3, 40_000, 2, [next.publicJwk]])
  assert.equal(bundle.pins, null)
  for (const bad of [{ params: { records: -1 } }, { pins: [{ ...next.publicJwk, d: 'AA' }] }]) await assert.rejects(bundleToken(signer, bad).then((token) => readBundle(token, [signer.publicJwk])))
})

test('a place beyond the end of a list counts as withdrawn', () => {
  assert.deepEqual([0, 15, 16, -1].map((idx) => withdrawn(list(), idx)), [false, false, true, true])
})
