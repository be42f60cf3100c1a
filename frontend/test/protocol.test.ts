import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBase45, encodeBase45 } from '../src/core/base45.ts'
import { fromHex, toBase64url, toHex } from '../src/core/bytes.ts'
import { compact } from '../src/core/strict.ts'
import { readKeyring } from '../src/core/keyring.ts'
import { compress, decompress, parsePublicJwk } from '../src/core/p256.ts'
import { checkPass, readPass } from '../src/core/pass.ts'
import { checkPresentation, present, type Proof } from '../src/core/presentation.ts'
import * as qr from '../src/core/qr.ts'
import { decide } from '../src/core/redemption.ts'
import { Refusal, REFUSALS } from '../src/core/refusals.ts'
import { vectors } from './vectors.ts'

const V = vectors('presentation')
const ISSUER_KEY = { kty: 'EC', crv: 'P-256', x: V.issuer.jwk.x, y: V.issuer.jwk.y, kid: V.issuer.kid, use: 'sig', alg: 'ES256', vp_use: 'pass', nbf: 0, exp: 4_000_000_000 }
const ring = readKeyring({ keys: [ISSUER_KEY] }, V.iss)
const cardRing = readKeyring({ keys: [{ ...ISSUER_KEY, vp_use: 'card' }] }, V.iss)

const refusal = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code
const proofOf = (raw: { iat: number; max: number; merchant: number | null; nonce: string | null }): Proof =>
  ({ iat: raw.iat, max: raw.max, bound: raw.merchant === null ? null : { merchant: raw.merchant, nonce: raw.nonce! } })

test('base45 reads and writes the known answers and refuses the rest', () => {
  const { good, refused } = vectors('base45')
  for (const { hex, text } of good) {
    assert.equal(encodeBase45(fromHex(hex)), text)
    assert.equal(toHex(decodeBase45(text)), hex)
  }
  for (const { name, text } of refused) assert.throws(() => decodeBase45(text), Error, name)
})

test('JSON is written as the Python twin writes it, also outside ASCII', () => {
  assert.equal(compact({ name: 'Café €', n: 1 }), '{"name":"Caf\\u00e9 \\u20ac","n":1}')
})

test('a compressed key opens to the same point', () => {
  for (const { jwk } of [V.issuer, V.holder]) assert.deepEqual(decompress(compress(jwk)), jwk)
})

test('a key off the curve, a private key and a key with more members are refused', () => {
  const { x, y } = V.holder.jwk
  assert.throws(() => parsePublicJwk({ crv: 'P-256', kty: 'EC', x, y: x }))
  assert.throws(() => parsePublicJwk({ crv: 'P-256', kty: 'EC', x, y, d: x }))
  assert.throws(() => parsePublicJwk({ crv: 'P-256', kty: 'EC', x, y, use: 'sig' }))
})

for (const item of V.cases) {
  test(`presentation and QR agree with the known answer: ${item.name}`, async () => {
    const { pass, proof, text } = await checkPresentation(item.canonical, await ring)
    const { list_no: listNo, ...rest } = item.pass
    assert.deepEqual(pass, { ...rest, listNo })
    assert.deepEqual(proof, proofOf(item.proof))
    assert.equal(qr.encode(text), item.qr)
    assert.equal(await qr.rebuild(qr.decode(item.qr), V.iss), item.canonical)
    if (item.vp2) {
      assert.equal(qr.encodeShort(text), item.vp2)
      assert.equal(await qr.rebuildShort(qr.decodeShort(item.vp2), item.canonical.split('~')[0]), item.canonical)
    }
  })
}

test('the phone signs a presentation that the till accepts', async () => {
  const d = toBase64url(fromHex(V.holder.scalar))
  const key = await crypto.subtle.importKey('jwk', { ...V.holder.jwk, d }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const [token] = V.cases[0].canonical.split('~')
  const proof = proofOf(V.cases[0].proof)
  const presented = await checkPresentation(await present(token, proof, key), await ring)
  assert.deepEqual(presented.proof, proof)
  assert.deepEqual(presented.pass, readPass(token))
})

for (const [kind, bits] of [['open', 1584], ['bound', 1680]] as const) {
  test(`threat tampered_qr: each of the ${bits} single-bit flips of ${kind === 'open' ? 'an open' : 'a bound'} symbol is refused`, async () => {
    const known = V.cases.find((item: { proof: { merchant: number | null } }) => (item.proof.merchant === null) === (kind === 'open'))
    const bytes = decodeBase45(known.qr.slice(4))
    assert.equal(bytes.length * 8, bits)
    const keys = await ring
    for (let bit = 0; bit < bits; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3]! ^= 0x80 >> (bit & 7)
      await assert.rejects(async () => {
        const symbol = qr.decode(`VP1:${encodeBase45(flipped)}`)
        const key = keys.get(symbol.pass.kid)
        if (!key) throw new Refusal('unknown_key')
        await checkPresentation(await qr.rebuild(symbol, key.iss), keys)
      }, Refusal, `bit ${bit}`)
    }
  })
}

test('bad symbols are refused with the code that the server gives', async () => {
  for (const { name, text, code } of vectors('qr').refused) {
    const read = text.startsWith('VP2') ? qr.decodeShort : text.startsWith('VPQ') ? qr.decodeQuestion : text.startsWith('VPC') ? qr.decodeCard : qr.decode
    assert.throws(() => read(text), refusal(code), name)
  }
})

test("the shop's question and the printed card read back", () => {
  const { questions, cards } = vectors('qr')
  for (const { question, text } of questions) {
    const { merchant, amount, nonce, asked_at: askedAt } = question
    assert.equal(qr.encodeQuestion({ merchant, amount, nonce, askedAt }), text)
    assert.deepEqual(qr.decodeQuestion(text), { merchant, amount, nonce, askedAt })
  }
  for (const { card, text } of cards) {
    assert.equal(qr.encodeCard(fromHex(card)), text)
    assert.equal(toHex(qr.decodeCard(text)), card)
  }
})

test('a signed card reads back, and its pass is checked as one', async () => {
  const { signed_cards: cards, refused_cards: bad } = vectors('qr')
  for (const { pass, token, text } of cards) {
    const part = qr.decodeSignedCard(text)
    const { list_no: listNo, iss, ...rest } = pass
    assert.deepEqual(part.pass, { ...rest, listNo })
    assert.equal(qr.rebuildPass(part, iss), token)
    assert.deepEqual(await checkPass(token, await cardRing, true), { ...part.pass, iss })
    await assert.rejects(checkPass(token, await ring), refusal('malformed_qr'))
    await assert.rejects(checkPass(token, await ring, true), refusal('unknown_key')) // a key of passes signs no cards
    await assert.rejects(checkPass(token, await cardRing), refusal('unknown_key'))
  }
  for (const { name, text, code } of bad) {
    const read = async (): Promise<unknown> => text.startsWith('VPC1') ? qr.decodeCard(text) : checkPass(qr.rebuildPass(qr.decodeSignedCard(text), V.iss), await cardRing, true)
    await assert.rejects(read, refusal(code), name)
  }
})

test('decide gives the answer of the server in every known case', () => {
  for (const { name, attempt: a, facts: f, now, expect } of vectors('decide').cases) {
    const attempt = { ...a, passPrg: a.pass_prg, kbIat: a.kb_iat, askedAt: a.asked_at }
    const facts = { ...f, boundAbove: f.bound_above, validFrom: f.valid_from, validUntil: f.valid_until }
    const answer = decide(attempt, facts, now)
    const found = answer instanceof Refusal ? { code: answer.code, facts: answer.facts } : answer
    assert.deepEqual(found, 'code' in expect ? { code: expect.code, facts: expect.facts ?? {} } : expect, name)
  }
})

test('both languages know the same refusals', () => {
  const codes = vectors('refusals').refusals.map(({ code }: { code: string }) => code)
  assert.deepEqual(codes.sort(), [...REFUSALS].sort())
})
