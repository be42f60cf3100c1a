/**
 * One tab of a till sells, the others say so and wait: two would each hold half of what is known. The lock lives as long
 * as the page. Another tab may take over; this one then starts anew and waits, and what it had sent is asked for there.
 */
import { signal } from '@preact/signals'

/** A start is not slow: only after this long the till is said to be open elsewhere. */
const SAID_AFTER_MS = 500
const LOCK = 'till-open'

/** Where the till is open, as far as this tab knows. */
export const open = signal<'asking' | 'here' | 'elsewhere'>('asking')

/** Answers when the till is this tab's. Where there are no Web Locks, or none for this page, the chain's own order must do. */
export function mayOpen(): Promise<void> {
  if (!navigator.locks) return Promise.resolve()
  return new Promise((go) => {
    const timer = setTimeout(() => { open.value = 'elsewhere' }, SAID_AFTER_MS)
    let ours = false
    const begin = (): void => {
      clearTimeout(timer)
      ours = true
      go()
    }
    const held = (): Promise<never> => {
      begin()
      return new Promise(() => undefined)
    }
    navigator.locks.request(LOCK, held).catch(() => (ours ? location.reload() : begin()))
  })
}

/** Takes the till from the tab that has it. Whoever waited longest gets it: mostly this one. */
export const openHere = (): void => void navigator.locks.request(LOCK, { steal: true }, () => undefined)
