import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Activity } from '../src/api/wallet.ts'
import { headerOf, sign } from '../src/core/jws.ts'
import type { Keyring } from '../src/core/keyring.ts'
import { makeKeyPair, thumbprint, type KeyPair } from '../src/core/keys.ts'
import { RECEIPT_TYP, type Receipt } from '../src/core/receipt.ts'
import type { Claims } from '../src/core/strict.ts'
import { findDoubtful, readReceiptKeys } from '../src/sync/receipts.ts'

const ISS = 'https://pass.city.example'
const [now, next, stranger] = [await makeKeyPair(), await makeKeyPair(), await makeKeyPair()]

async function published(key: KeyPair, use = 'receipt'): Promise<Claims> {
  const { crv, kty, x, y } = key.publicJwk
  return { kty, crv, x, y, kid: await thumbprint(key.publicJwk), use: 'sig', alg: 'ES256', vp_use: use, nbf: 0, exp: 2_000_000_000 }
}
const ring = await readReceiptKeys([await published(now), await published(stranger, 'pass')], ISS)
const newer = await readReceiptKeys([await published(now), await published(next)], ISS)

/** A payment of €12,50 as the server tells it, with a receipt that differs by `change` and is signed by `key`. */
async function payment(change: Partial<Receipt> = {}, key = now, told: Partial<Activity> = {}): Promise<Activity> {
  const id = crypto.randomUUID()
  const claims: Receipt = { iss: ISS, aud: 'w', iat: 1_800_000_000, jti: id, txn: crypto.randomUUID(), res: 'approved', amt: 1250, cur: 'EUR', prg: 12, ...change }
  const receipt = await sign(headerOf(RECEIPT_TYP, await thumbprint(key.publicJwk)), claims, key.privateKey)
  return { id, kind: 'redemption', amount: -1250, prg: 12, merchant: 'Demo', at: claims.iat, receipt, logged: false, by: null, voucher: null, ...told }
}
const none = (): Promise<Keyring | null> => Promise.resolve(null)
const doubted = async (all: Activity[], known = ring, renew = none): Promise<number[]> => {
  const found = await findDoubtful(all, ISS, known, renew)
  return all.flatMap(({ id }, at) => (found.has(id) ? [at] : []))
}

test('payments, voids and refunds with the receipt of the municipality are fine, and what no shop did has none', async () => {
  const all = [
    await payment(), await payment({ res: 'partial' }), await payment({ res: 'void' }, now, { kind: 'void', amount: 1250 }),
    await payment({ res: 'refund' }, now, { kind: 'refund', amount: 1250 }), await payment({}, now, { kind: 'top_up', receipt: null }),
  ]
  assert.deepEqual(await doubted(all), [])
})

test('a receipt that is missing, or is not about this very payment, is told', async () => {
  const good = await payment()
  const all = [
    good, await payment({}, now, { receipt: null }), await payment({}, now, { receipt: 'no receipt' }), await payment({ amt: 1200 }), await payment({ prg: 13 }),
    await payment({ res: 'refund' }), await payment({ aud: 'm:1001' }), await payment({ iss: 'https://other.example' }), { ...good, id: crypto.randomUUID() }, { ...good, amount: -9999 },
  ]
  assert.deepEqual((await doubted(all.slice(0, 9))), [1, 2, 3, 4, 5, 6, 7, 8])
  assert.deepEqual(await doubted(all.slice(9)), [0])
})

test('a receipt whose text was changed is told', async () => {
  const good = await payment()
  const other = await payment()
  const [head, body] = good.receipt!.split('.')
  assert.deepEqual(await doubted([{ ...good, receipt: [head, body, other.receipt!.split('.')[2]].join('.') }]), [0])
})

test('a key that the phone does not have is asked for once; without an answer nothing is said', async () => {
  const all = [await payment({}, next), await payment({}, stranger)]
  assert.deepEqual(await doubted(all), [])
  let asked = 0
  const renew = (): Promise<Keyring> => {
    asked += 1
    return Promise.resolve(newer)
  }
  assert.deepEqual(await doubted(all, ring, renew), [1])
  assert.deepEqual(await doubted(all, ring, renew), [1])
  assert.equal(asked, 1)
})

test('a key for passes signs no receipt', async () => {
  assert.deepEqual([...ring.keys()], [await thumbprint(now.publicJwk)])
})
