/**
 * Is there a way to the municipality? Judged by answers, never by navigator.onLine, which stays true on dead wifi.
 * Two calls in a row without an answer make the till offline; one answer makes it online again.
 */
import { computed, signal } from '@preact/signals'
import type { Result } from '../api/client.ts'
import { getConfig } from '../api/wallet.ts'

const EVERY = 20_000
const EVERY_OFFLINE = 3_000
const SECOND_TRY = 1_000

export const online = signal(true)
/** When the last answer came and when we last asked, in milliseconds of this device's clock. */
const heard = signal(Date.now())
const asked = signal(Date.now())
export const offlineMinutes = computed(() => (online.value ? 0 : Math.floor((asked.value - heard.value) / 60_000)))

let misses = 0

/** Takes note of a call: any answer, also a refusal, shows that there is a way. */
export function heardFrom<T>(result: Result<T>): Result<T> {
  asked.value = Date.now()
  const answered = result.ok || result.problem.code !== 'offline'
  misses = answered ? 0 : misses + 1
  if (answered) heard.value = Date.now()
  if (answered || misses > 1) online.value = answered
  return result
}

/** Asks for a sign of life now. */
export async function heartbeat(): Promise<boolean> {
  return heardFrom(await getConfig()).ok
}

/** Keeps asking for as long as the page lives; `onAnswer` runs each time that one came. */
export function watchConnection(onAnswer: () => void): void {
  let timer: ReturnType<typeof setTimeout>
  const beat = async (): Promise<void> => {
    clearTimeout(timer)
    if (await heartbeat()) onAnswer()
    clearTimeout(timer)
    timer = setTimeout(() => void beat(), online.value ? (misses ? SECOND_TRY : EVERY) : EVERY_OFFLINE)
  }
  window.addEventListener('online', () => void beat())
  window.addEventListener('offline', () => void beat())
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void beat() })
  void beat()
}
