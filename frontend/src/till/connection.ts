/**
 * Is there a way to the municipality? Judged by answers, never by navigator.onLine, which stays true on dead wifi.
 * A sale without an answer makes the till offline at once, and so do two other calls in a row; one answer makes it
 * online again.
 */
import { computed, effect, signal } from '@preact/signals'
import type { Result } from '../api/client.ts'
import { getSign } from '../api/till.ts'

const EVERY = 20_000
const EVERY_OFFLINE = 3_000
const SECOND_TRY = 1_000

export const online = signal(true)
/** When the last answer came and when we last asked, in milliseconds of this device's clock. */
const heard = signal(Date.now())
export const asked = signal(Date.now())
export const offlineMinutes = computed(() => (online.value ? 0 : Math.floor((asked.value - heard.value) / 60_000)))

let misses = 0

const NO_ANSWER = new Set(['offline', 'unavailable'])

/** Takes note of a call: any answer, also a refusal, shows that there is a way. */
export function heardFrom<T>(result: Result<T>): Result<T> {
  asked.value = Date.now()
  const answered = result.ok || !NO_ANSWER.has(result.problem.code)
  misses = answered ? 0 : misses + 1
  if (answered) heard.value = Date.now()
  if (answered || misses > 1) online.value = answered
  return result
}

/** A sale got no answer: the next one does not wait for it. */
export function lostConnection(): void {
  online.value = false
}

/** Asks for a sign of life now. */
export async function heartbeat(): Promise<boolean> {
  return heardFrom(await getSign()).ok
}

/** Asks before something is said that is true only with a connection: the last answer may be of a while ago. */
export async function makeSure(): Promise<void> {
  if (online.value && !(await heartbeat())) online.value = false
}

/** Keeps asking for as long as the page lives; `onAnswer` runs each time that one came. */
export function watchConnection(onAnswer: () => void): void {
  let timer: ReturnType<typeof setTimeout>
  const later = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void beat(), online.value ? (misses ? SECOND_TRY : EVERY) : EVERY_OFFLINE)
  }
  const beat = async (): Promise<void> => {
    clearTimeout(timer)
    if (await heartbeat()) onAnswer()
    later()
  }
  effect(later)
  window.addEventListener('online', () => void beat())
  window.addEventListener('offline', () => void beat())
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void beat() })
  void beat()
}
