/**
 * The one way to the server. A call answers a Result and never throws:
 * 1. no answer at all is the problem `offline`; an answer that cannot be read is `unavailable`;
 * 2. a refusal is the server's problem document, with its code;
 * 3. with a key each call carries a DPoP proof; a stale nonce is renewed and the call repeated, once.
 */
import type { Bytes } from '../core/bytes.ts'
import { dpopProof } from '../core/dpop.ts'
import type { KeyPair } from '../core/keys.ts'
import { serverNow, setServerTime } from '../store/clock.ts'
import { record, text, type Read } from './shape.ts'

/** `code` is a refusal code of spec 04, or `offline`. `facts` are what a sentence may want to name. */
export type Problem = { code: string; status: number; retry: boolean; facts: Readonly<Record<string, unknown>> }
export type Result<T> = { ok: true; value: T; status: number } | { ok: false; problem: Problem }

export type Call<T> = {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  read: Read<T>
  key?: KeyPair
  body?: unknown
  headers?: Record<string, string>
  /** Milliseconds to wait for an answer. */
  patience?: number
}

const PATIENCE_MS = 10_000
export const OFFLINE: Problem = { code: 'offline', status: 0, retry: true, facts: {} }

/** When a refusal says that it is worth asking again, in epoch seconds. */
export const nextAt = ({ facts }: Problem): number | null => (typeof facts['next_at'] === 'number' ? facts['next_at'] : null)

// Each answer carries the nonce for the next call.
let nonce: string | null = null

export const lastNonce = (): string | null => nonce

export async function call<T>(request: Call<T>): Promise<Result<T>> {
  if (request.key && nonce === null) await learnNonce()
  const first = await attempt(request)
  return !first.ok && first.problem.code === 'use_dpop_nonce' && request.key ? attempt(request) : first
}

/** The first nonce of a page. Asking for it costs no more than being refused without one, and leaves no error in the log. */
async function learnNonce(): Promise<void> {
  const answer = await attempt({ method: 'GET', path: '/api/v1/wallet/nonce', read: record<{ nonce: string }>({ nonce: text }) })
  if (answer.ok) nonce = answer.value.nonce
}

async function attempt<T>(request: Call<T>): Promise<Result<T>> {
  const sentAt = Date.now()
  let answer: Response
  try {
    answer = await send(request)
  } catch {
    return { ok: false, problem: OFFLINE }
  }
  nonce = answer.headers.get('DPoP-Nonce') ?? nonce
  return understand(answer, request.read, sentAt)
}

async function send({ method, path, key, body, headers, patience = PATIENCE_MS }: Call<unknown>): Promise<Response> {
  const url = new URL(path, location.origin).href
  const all: Record<string, string> = { Accept: 'application/json', ...headers }
  if (key) all['DPoP'] = await dpopProof({ method, url: url.split('?')[0]!, iat: serverNow(), nonce }, key)
  if (body !== undefined) all['Content-Type'] = 'application/json'
  const payload = body === undefined ? {} : { body: JSON.stringify(body) }
  return fetch(url, { method, headers: all, credentials: 'omit', cache: 'no-store', signal: timeout(patience), ...payload })
}

/** AbortSignal.timeout, which Safari 15 does not have. */
function timeout(milliseconds: number): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), milliseconds)
  return controller.signal
}

async function understand<T>(answer: Response, read: Read<T>, sentAt: number): Promise<Result<T>> {
  try {
    const json: unknown = answer.status === 204 ? null : await answer.json()
    if (!answer.ok) return { ok: false, problem: problemOf(answer.status, json as Record<string, unknown>) }
    noteTime(json, sentAt)
    return { ok: true, value: read(json), status: answer.status }
  } catch {
    return { ok: false, problem: problemOf(answer.status, {}) }
  }
}

function problemOf(status: number, document: Record<string, unknown>): Problem {
  const { code, retry, facts } = document as { code?: unknown; retry?: unknown; facts?: Problem['facts'] }
  return { code: typeof code === 'string' ? code : 'unavailable', status, retry: retry === true || typeof code !== 'string', facts: facts ?? {} }
}

function noteTime(json: unknown, sentAt: number): void {
  const time = (json as Record<string, unknown> | null)?.['server_time']
  if (Number.isSafeInteger(time)) setServerTime(time as number, sentAt)
}

/** A public text, such as a log's policy. No key, no cookie. `url` may be on another host. */
export const fetchText = (url: string): Promise<Result<string>> => fetchPublic(url, (answer) => answer.text())

/** A public file, as it is. */
export const fetchBytes = (url: string): Promise<Result<Bytes>> => fetchPublic(url, async (answer) => new Uint8Array(await answer.arrayBuffer()))

async function fetchPublic<T>(url: string, read: (answer: Response) => Promise<T>): Promise<Result<T>> {
  try {
    const answer = await fetch(new URL(url, location.origin), { credentials: 'omit', signal: timeout(PATIENCE_MS) })
    const value = await read(answer)
    return answer.ok ? { ok: true, value, status: answer.status } : { ok: false, problem: problemOf(answer.status, {}) }
  } catch {
    return { ok: false, problem: OFFLINE }
  }
}
