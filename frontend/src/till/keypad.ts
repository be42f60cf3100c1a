/** The amount keypad: typed from the cents up, so 1-2-5-0 is € 12,50. Also the count of tickets. */
import type { Cents } from '../core/money.ts'

export const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'clear', '0', '00'] as const
export type Key = (typeof KEYS)[number] | 'back'

/** € 999,99: a slip of the finger never asks for more. */
export const MAX_CENTS = 99_999
export const MAX_TICKETS = 9

/** The amount after one key; null when it would pass the maximum, so that the screen can say so. */
export function press(cents: Cents, key: Key): Cents | null {
  if (key === 'clear') return 0
  if (key === 'back') return Math.floor(cents / 10)
  const next = cents * 10 ** key.length + Number(key)
  return next > MAX_CENTS ? null : next
}

/** The key that a keyboard key stands for. Comma and point are skipped: the cents are always typed. */
export function keyFor(key: string): Key | null {
  if (/^\d$/.test(key)) return key as Key
  if (key === 'Backspace') return 'back'
  return key === 'Delete' || key === 'Escape' ? 'clear' : null
}

/** One ticket more or less, from 1 to what the programme allows in one sale (null: no limit of its own). */
export function step(tickets: number, by: 1 | -1, ceiling: number | null): number {
  return Math.min(MAX_TICKETS, ceiling ?? MAX_TICKETS, Math.max(1, tickets + by))
}
