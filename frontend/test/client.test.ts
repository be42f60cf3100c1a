import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { call, fetchText } from '../src/api/client.ts'
import { list, maybe, oneOf, record, text, whole } from '../src/api/shape.ts'
import { getProof } from '../src/api/wallet.ts'
import { peek } from '../src/core/jws.ts'
import { makeKeyPair } from '../src/core/keys.ts'
import { serverNow } from '../src/store/clock.ts'

type Sent = { url: string; headers: Record<string, string>; body: unknown }
type Answer = { status?: number; json?: unknown; nonce?: string }

const sent: Sent[] = []
let answers: (Answer | Error)[] = []

// The network, as the browser has it.
Object.assign(globalThis, {
  location: { origin: 'https://pass.city.example' },
  fetch: (url: string, { headers, body }: { headers: Record<string, string>; body?: string }) => {
    sent.push({ url, headers, body: body && JSON.parse(body) })
    const next = answers.shift() ?? new Error('no more answers')
    if (next instanceof Error) return Promise.reject(next)
    const { status = 200, json = {}, nonce } = next
    return Promise.resolve(new Response(JSON.stringify(json), { status, headers: nonce ? { 'DPoP-Nonce': nonce } : {} }))
  },
})

beforeEach(() => {
  sent.length = 0
})

const claimsOf = (index: number) => peek(sent[index]!.headers['DPoP']!).claims
const read = record<{ n: number }>({ n: whole })

test('the first call with a key asks for a nonce, the next ones use the newest', async () => {
  const key = await makeKeyPair()
  answers = [{ json: { nonce: 'first' } }, { json: { n: 1 }, nonce: 'second' }, { json: { n: 2 } }]
  assert.deepEqual(await call({ method: 'GET', path: '/api/v1/x?a=1', key, read }), { ok: true, value: { n: 1 }, status: 200 })
  await call({ method: 'POST', path: '/api/v1/y', key, body: { b: 2 }, read })
  assert.deepEqual(sent.map(({ url }) => new URL(url).pathname), ['/api/v1/wallet/nonce', '/api/v1/x', '/api/v1/y'])
  assert.deepEqual([claimsOf(1)['nonce'], claimsOf(1)['htm'], claimsOf(1)['htu']], ['first', 'GET', 'https://pass.city.example/api/v1/x'])
  assert.deepEqual([claimsOf(2)['nonce'], sent[2]!.body], ['second', { b: 2 }])
})

test('a stale nonce is renewed and the call repeated, once, with a new proof', async () => {
  const key = await makeKeyPair()
  const stale = { status: 401, json: { code: 'use_dpop_nonce', retry: true }, nonce: 'fresh' }
  answers = [stale, { json: { n: 3 } }]
  assert.ok((await call({ method: 'GET', path: '/z', key, read })).ok)
  assert.equal(claimsOf(1)['nonce'], 'fresh')
  assert.notEqual(claimsOf(0)['jti'], claimsOf(1)['jti'])
  answers = [stale, stale]
  const refused = await call({ method: 'GET', path: '/z', key, read })
  assert.equal(!refused.ok && refused.problem.code, 'use_dpop_nonce')
})

test('no answer is offline, an answer that cannot be read is unavailable', async () => {
  answers = [new TypeError('network'), { json: { n: 'one' } }, { status: 502, json: 'bad gateway' }, { status: 500 }]
  const codes = []
  for (let i = 0; i < 4; i++) {
    const answer = await call({ method: 'GET', path: '/x', read })
    codes.push(answer.ok ? 'ok' : answer.problem.code)
  }
  assert.deepEqual(codes, ['offline', 'unavailable', 'unavailable', 'unavailable'])
})

test('a refusal keeps its code and its facts', async () => {
  const key = await makeKeyPair()
  answers = [{ status: 409, json: { code: 'not_logged_yet', retry: true, facts: { next_at: 1_800_000_060 } } }]
  const answer = await getProof(key, 'a/b')
  assert.deepEqual(!answer.ok && answer.problem, { code: 'not_logged_yet', status: 409, retry: true, facts: { next_at: 1_800_000_060 } })
  assert.ok(sent[0]!.url.endsWith('/proofs/a%2Fb'))
})

test("the server's time replaces the phone's", async () => {
  const ahead = Math.floor(Date.now() / 1000) + 600
  answers = [{ json: { n: 1, server_time: ahead } }]
  await call({ method: 'GET', path: '/x', read })
  assert.ok(Math.abs(serverNow() - ahead) <= 1)
})

test('a public text is fetched without key or cookie', async () => {
  answers = [{ json: 'policy' }, { status: 404 }]
  assert.deepEqual(await fetchText('/log/policy'), { ok: true, value: '"policy"', status: 200 })
  assert.equal((await fetchText('/log/policy')).ok, false)
})

test('a shape reads its members, passes over others and refuses the rest', () => {
  const shape = record<{ kind: 'a' | 'b'; names: string[]; note: string | null }>({ kind: oneOf('a', 'b'), names: list(text), note: maybe(text) })
  assert.deepEqual(shape({ kind: 'a', names: ['x'], more: 1 }), { kind: 'a', names: ['x'], note: null })
  for (const wrong of [null, [], { kind: 'c', names: [] }, { kind: 'a', names: [1] }, { kind: 'a' }]) assert.throws(() => shape(wrong), TypeError)
})
