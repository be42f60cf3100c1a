/**
 * What a phone keeps. No money: it can all be lost and made again with a new code (spec 02).
 * 1. `self` is one row: the device's key, which cannot be read out, and whom it trusts (policy, issuer and its keys).
 * 2. `state` is one row: the last answer of the server, so that the app opens without network.
 * 3. beside it, `cover` is what this phone found when it last checked that its money is there (spec 11).
 * 4. `shops` is the list of shops by number, so that a phone can say who asks, also without network.
 * 5. `passes` holds each pass with its own key, until it is burned.
 */
import type { DBSchema } from 'idb'
import type { Covered, CoverSeen } from '../core/log/pots.ts'
import { sign } from '../core/jws.ts'
import { makeKeyPair } from '../core/keys.ts'
import type { PublicJwk } from '../core/p256.ts'
import type { Claims } from '../core/strict.ts'
import { database } from './database.ts'

/** `issuerKeys` is the JWK set as last read; not there before the first receipt. */
export type WalletSelf = { key: CryptoKey; jwk: PublicJwk; issuer: string; policy: string; issuerKeys?: Claims[]; activatedAt: number }
/** `closedAt`: when its code was last seen on screen (epoch seconds); null while nobody saw it. `shownAt`: when it first was there, however shortly; `gotAt`: when it came here. */
export type StoredPass = { jti: string; voucher: string; token: string; key: CryptoKey; prg: number; ofl: number; once: boolean; iat: number; exp: number; closedAt: number | null; shownAt?: number; gotAt?: number }
export type Snapshot<State> = { state: State; readAt: number }

interface WalletSchema extends DBSchema {
  self: { key: 'self'; value: WalletSelf }
  state: { key: 'state' | 'cover' | 'shops'; value: unknown }
  passes: { key: string; value: StoredPass }
}

const withDb = database<WalletSchema>('meedoen-wallet', (db) => {
  db.createObjectStore('self')
  db.createObjectStore('state')
  db.createObjectStore('passes', { keyPath: 'jti' })
})

export const readSelf = (): Promise<WalletSelf | undefined> => withDb((db) => db.get('self', 'self'))

export const rewriteSelf = (self: WalletSelf): Promise<unknown> => withDb((db) => db.put('self', self, 'self'))

/** A new activation starts clean: passes of an older one are gone. */
export function startOver(self: WalletSelf): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction(['self', 'state', 'passes'], 'readwrite')
    await Promise.all([change.objectStore('passes').clear(), change.objectStore('state').clear(), change.objectStore('self').put(self, 'self'), change.done])
  })
}

export function eraseAll(): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction(['self', 'state', 'passes'], 'readwrite')
    await Promise.all([change.objectStore('self').clear(), change.objectStore('state').clear(), change.objectStore('passes').clear(), change.done])
  })
}

export const readState = <State>(): Promise<Snapshot<State> | undefined> => withDb((db) => db.get('state', 'state') as Promise<Snapshot<State> | undefined>)
export const writeState = (snapshot: Snapshot<unknown>): Promise<unknown> => withDb((db) => db.put('state', snapshot, 'state'))

/** What the last check of the proof of cover said; `empty` when no pot held anything then. `evidence` is all that was looked at when it did not hold. */
export type CoverFound = { checkedAt: number } & (Covered | (CoverSeen & { kind: 'bad'; why: string; evidence: string }))
export const readCover = (): Promise<CoverFound | undefined> => withDb((db) => db.get('state', 'cover') as Promise<CoverFound | undefined>)
export const writeCover = (found: CoverFound): Promise<unknown> => withDb((db) => db.put('state', found, 'cover'))

export const readShops = <Shops>(): Promise<Shops | undefined> => withDb((db) => db.get('state', 'shops') as Promise<Shops | undefined>)
export const writeShops = (shops: unknown): Promise<unknown> => withDb((db) => db.put('state', shops, 'shops'))

export const allPasses = (): Promise<StoredPass[]> => withDb((db) => db.getAll('passes'))
export const putPass = (pass: StoredPass): Promise<unknown> => withDb((db) => db.put('passes', pass))
export function dropPasses(jtis: readonly string[]): Promise<void> {
  return withDb(async (db) => {
    const change = db.transaction('passes', 'readwrite')
    await Promise.all([...jtis.map((jti) => change.store.delete(jti)), change.done])
  })
}

/** True when this browser can keep a key and sign with what it kept: private and lockdown modes sometimes cannot. */
export async function canKeepKeys(): Promise<boolean> {
  const name = 'probe'
  try {
    const { privateKey } = await makeKeyPair()
    await putPass({ jti: name, voucher: '', token: '', key: privateKey, prg: 0, ofl: 0, once: true, iat: 0, exp: 0, closedAt: null })
    const kept = await withDb((db) => db.get('passes', name))
    await dropPasses([name])
    return kept !== undefined && (await sign({ alg: 'ES256', typ: name }, {}, kept.key)).length > 0
  } catch {
    return false
  }
}

/** Whether the browser promised to keep what is here; null: it cannot tell. Firefox asks its reader, so ask only at a fit moment. */
export async function stays(ask: boolean): Promise<boolean | null> {
  try {
    return (await navigator.storage.persisted()) || (ask && (await navigator.storage.persist()))
  } catch {
    return null
  }
}

// Some browsers empty the database and leave this: then the phone can say what happened.
const TRACE = 'had-pass'

/** Whether there was a pass here, as far as the browser left us a trace of it. */
export function hadPass(): boolean {
  try {
    return localStorage.getItem(TRACE) !== null
  } catch {
    return false
  }
}

export function leaveTrace(there: boolean): void {
  try {
    if (there) localStorage.setItem(TRACE, '1')
    else localStorage.removeItem(TRACE)
  } catch {
    return // storage is blocked: the phone starts as a new one
  }
}
