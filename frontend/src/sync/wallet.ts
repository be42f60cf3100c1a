/**
 * The wallet's only mover: it loads what the phone keeps, talks to the server, and tells the screens by signals.
 * The phone shows what it knows at once; the server's word replaces it when it comes.
 */
import { computed, signal } from '@preact/signals'
import { fetchText, lastNonce, type Problem, type Result } from '../api/client.ts'
import { enrolDevice, getConfig, getNonce, getState, readState, requestPasses, type Activity, type Config, type State, type Voucher } from '../api/wallet.ts'
import { keyProof } from '../core/dpop.ts'
import { makeKeyPair, type KeyPair } from '../core/keys.ts'
import { readPass } from '../core/pass.ts'
import { shortage, worthless } from '../core/purse.ts'
import { serverNow } from '../store/clock.ts'
import * as store from '../store/wallet.ts'

export type Phase = 'loading' | 'new' | 'blocked' | 'ready' | 'revoked'

export const phase = signal<Phase>('loading')
export const self = signal<store.WalletSelf | null>(null)
export const snapshot = signal<store.Snapshot<State> | null>(null)
export const passes = signal<store.StoredPass[]>([])
/** False after a call that got no answer. The browser's own word is only where it starts: it cannot be trusted. */
export const online = signal(true)
export const config = signal<Config | null>(null)
/** Whether the browser promised to keep what is here; null: it does not tell. */
export const stays = signal<boolean | null>(null)
/** Payments whose receipt does not hold, by their number. */
export const doubtful = signal<ReadonlySet<string>>(new Set())

export const vouchers = computed<Voucher[]>(() => snapshot.value?.state.vouchers ?? [])
export const activity = computed<Activity[]>(() => snapshot.value?.state.activity ?? [])
/** The pot of a movement; a server that does not tell it leaves the first of its programme. */
export const potOf = ({ voucher, prg }: Activity): Voucher | undefined => vouchers.value.find(({ id }) => id === voucher) ?? vouchers.value.find((pot) => pot.prg === prg)

export const deviceKey = (of: store.WalletSelf): KeyPair => ({ privateKey: of.key, publicJwk: of.jwk })

/** Reads what the phone keeps. Without storage that keeps keys there can be no pass on this phone. */
export async function load(): Promise<void> {
  try {
    online.value = navigator.onLine
    const [known, state, kept] = await Promise.all([store.readSelf(), knownState(), store.allPasses()])
    self.value = known ?? null
    snapshot.value = state
    passes.value = kept
    phase.value = known ? 'ready' : (await store.canKeepKeys()) ? 'new' : 'blocked'
    if (known) settled(matchMedia('(display-mode: standalone)').matches)
  } catch {
    phase.value = 'blocked'
  }
}

/** What a phone with a pass does besides: an app on the home screen is one that browsers are willing to keep. */
function settled(ask: boolean): void {
  store.leaveTrace(true)
  void store.stays(ask).then((answer) => { stays.value = answer })
}

/** The last answer of the server; a newer app may want more of it than an older one kept. */
async function knownState(): Promise<store.Snapshot<State> | null> {
  const kept = await store.readState<unknown>()
  try {
    return kept ? { state: readState(kept.state), readAt: kept.readAt } : null
  } catch {
    return null
  }
}

/** Who the municipality is: its name and telephone for a new phone, its address for key proofs. */
export async function loadConfig(): Promise<Problem | null> {
  const answer = await getConfig()
  online.value = answer.ok || answer.problem.code !== 'offline'
  if (!answer.ok) return answer.problem
  config.value = answer.value
  return null
}

/** Binds this phone to the code of the letter. Answers null when it worked, else the problem. */
export async function activate(code: string): Promise<Problem | null> {
  if (!(await store.canKeepKeys())) {
    phase.value = 'blocked'
    return null
  }
  const key = await makeKeyPair()
  const without = config.value ? null : await loadConfig()
  if (without || !config.value) return without
  const answer = await enrolDevice(code, key)
  online.value = answer.ok || answer.problem.code !== 'offline'
  if (!answer.ok) return answer.problem
  await settleIn(key, config.value.issuer, answer.value.state)
  return null
}

/** Keeps the key before anything else: the code is used up, and this phone is the only one that has it. */
async function settleIn(key: KeyPair, issuer: string, state: State): Promise<void> {
  const me = { key: key.privateKey, jwk: key.publicJwk, issuer, policy: '', activatedAt: serverNow() }
  await store.startOver(me)
  self.value = me
  passes.value = []
  await keepState(state)
  phase.value = 'ready'
  settled(true)
  await Promise.all([pinnedPolicy(), refill(), lookAtReceipts()])
}

/** The log's policy as text, empty when it cannot be had now. A policy that cannot be used is as good as none. */
async function readPolicy(url: string): Promise<string> {
  const answer = await fetchText(url)
  if (!answer.ok) return ''
  const { parsePolicy } = await import('../core/log/policy.ts')
  return parsePolicy(answer.value).then(() => answer.value, () => '')
}

/** The policy pinned at activation. When it could not be had then, the first one that can be had is pinned. */
export async function pinnedPolicy(): Promise<string> {
  const me = self.value
  const url = snapshot.value?.state.log.policy_url
  if (!me || me.policy || !url) return me?.policy ?? ''
  const policy = await readPolicy(url)
  if (policy) await amendSelf({ policy })
  return policy
}

/** Changes what this phone keeps about itself, while it has a pass at all. */
export async function amendSelf(change: Partial<store.WalletSelf>): Promise<void> {
  if (self.value) await store.rewriteSelf((self.value = { ...self.value, ...change }))
}

/** The checking is its own chunk. What cannot be looked at now is looked at with the next answer. */
function lookAtReceipts(): Promise<void> {
  return import('./receipts.ts').then(({ checkReceipts }) => checkReceipts()).catch(() => undefined)
}

let refreshing: Promise<void> | null = null

/** Asks the server how things stand. Calls at the same moment share one request. A phone that is out asks no more: only a new start does. */
export function refresh(): Promise<void> {
  refreshing ??= askState().finally(() => { refreshing = null })
  return refreshing
}

async function askState(): Promise<void> {
  const me = self.value
  if (!me || phase.value === 'revoked') return
  const answer = await askTwice(deviceKey(me))
  online.value = answer.ok || answer.problem.code !== 'offline'
  if (answer.ok) {
    phase.value = 'ready'
    await keepState(answer.value)
    await refill()
  } else if (answer.problem.code === 'wallet_auth_failed') {
    phase.value = 'revoked'
  }
  await lookAtReceipts()
}

/** A browser may send a call again by itself, and the server refuses a proof that it saw before: a new one settles it. */
async function askTwice(key: KeyPair): Promise<Result<State>> {
  const answer = await getState(key)
  return !answer.ok && answer.problem.code === 'wallet_auth_failed' ? getState(key) : answer
}

async function keepState(state: State): Promise<void> {
  snapshot.value = { state, readAt: serverNow() }
  await store.writeState(snapshot.value)
  await sweep(state)
}

async function sweep(state: State): Promise<void> {
  const gone = worthless(passes.value, new Set(state.vouchers.map(({ id }) => id)), new Set(state.revoked), serverNow())
  if (!gone.length) return
  const names = gone.map(({ jti }) => jti)
  await store.dropPasses(names)
  passes.value = passes.value.filter(({ jti }) => !names.includes(jti))
}

/** Tops up the passes of each pot that has something in it. */
async function refill(): Promise<void> {
  const now = serverNow()
  for (const voucher of vouchers.value) {
    const runs = voucher.balance > 0 && !voucher.suspended && voucher.valid_from <= now && now < voucher.valid_until
    const missing = shortage(passes.value, voucher, now)
    if (runs && (missing.passes || missing.reserve)) await fetchPasses(voucher, missing.passes, missing.reserve)
    if (!online.value) return
  }
}

async function fetchPasses(voucher: Voucher, ordinary: number, reserve: boolean): Promise<void> {
  const me = self.value
  const nonce = await proofNonce()
  if (!me || !nonce) return
  const keys = await Promise.all(Array.from({ length: ordinary + (reserve ? 1 : 0) }, makeKeyPair))
  const proofs = await Promise.all(keys.map((key) => keyProof(me.issuer, serverNow(), nonce, key)))
  const answer = await requestPasses(deviceKey(me), { voucher: voucher.id, proofs, reserve })
  online.value = answer.ok || answer.problem.code !== 'offline'
  if (!answer.ok) return
  const made = answer.value.passes.map((token, i) => storedPass(token, keys[i]!, voucher.id))
  await Promise.all(made.map(store.putPass))
  passes.value = [...passes.value, ...made]
}

async function proofNonce(): Promise<string | null> {
  const answer = await getNonce()
  return answer.ok ? answer.value.nonce : lastNonce()
}

function storedPass(token: string, key: KeyPair, voucher: string): store.StoredPass {
  const { jti, prg, ofl, once, iat, exp } = readPass(token)
  return { jti, voucher, token, key: key.privateKey, prg, ofl, once, iat, exp, closedAt: null, gotAt: serverNow() }
}

/** Notes that the code of a pass is on screen now: too shortly yet to have been seen, or seen. */
export async function noteShown(pass: store.StoredPass, seen: boolean): Promise<void> {
  const known = passes.value.find(({ jti }) => jti === pass.jti)
  if (!known) return
  const now = serverNow()
  const noted = { ...known, shownAt: known.shownAt ?? now, closedAt: seen ? now : known.closedAt }
  passes.value = passes.value.map((item) => (item === known ? noted : item))
  await store.putPass(noted)
}

/** A pass that has paid is used up. */
export async function burn(pass: store.StoredPass): Promise<void> {
  if (!pass.once) return
  await store.dropPasses([pass.jti])
  passes.value = passes.value.filter(({ jti }) => jti !== pass.jti)
}

/** Takes the pass off this phone. The money stays with the municipality. */
export async function forget(): Promise<void> {
  await store.eraseAll()
  store.leaveTrace(false)
  self.value = null
  snapshot.value = null
  passes.value = []
  phase.value = 'new'
}
