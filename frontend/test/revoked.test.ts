import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeKeyPair } from '../src/core/keys.ts'
import { phase, refresh, self } from '../src/sync/wallet.ts'

const asked: string[] = []

// The network, as the browser has it: a server that does not know this phone.
Object.assign(globalThis, {
  location: { origin: 'https://pass.city.example' },
  fetch: (url: string) => {
    asked.push(new URL(url).pathname)
    const answer = url.endsWith('/nonce') ? new Response(JSON.stringify({ nonce: 'first' })) : new Response(JSON.stringify({ code: 'wallet_auth_failed', status: 401, retry: false }), { status: 401 })
    return Promise.resolve(answer)
  },
})

const states = (): number => asked.filter((path) => path === '/api/v1/wallet/state').length

test('a phone that is out stops asking by itself; when the app starts anew it asks again', async () => {
  const { privateKey, publicJwk } = await makeKeyPair()
  self.value = { key: privateKey, jwk: publicJwk, issuer: 'https://pass.city.example', policy: '', activatedAt: 0 }
  phase.value = 'ready'
  await refresh()
  assert.equal(phase.value, 'revoked')
  const before = states()
  assert.ok(before > 0)
  await refresh()
  await refresh()
  assert.equal(states(), before)

  phase.value = 'ready'
  await refresh()
  assert.ok(states() > before)
})
