/**
 * A scanner on USB or Bluetooth is a keyboard that types very fast: `VP1:…` and then Enter.
 * 1. Keys less than GAP milliseconds apart that start with no digit are the scanner's; all others are a person's.
 * 2. After SURE such keys it can only be a scanner: a slow tablet may then pause up to STALL milliseconds.
 * 3. Enter after at least LEAST of its keys gives the scanned text.
 * Digits never start a scan, so a quick cashier is never taken for a machine.
 */
const GAP = 120
const STALL = 600
const SURE = 4
const LEAST = 8

export type Stroke = { by: 'person' } | { by: 'scanner' } | { by: 'scanner'; text: string }

const PERSON: Stroke = { by: 'person' }
const scannerLike = (typed: string): boolean => /^\D/.test(typed)

/** One listener's memory. `key` is KeyboardEvent.key, `at` its timeStamp in milliseconds. */
export function makeWedge(): (key: string, at: number) => Stroke {
  let typed = ''
  let last = -Infinity
  return (key, at) => {
    const patience = typed.length >= SURE && scannerLike(typed) ? STALL : GAP
    const goesOn = at - last <= patience
    last = at
    if (!goesOn) typed = ''
    if (key === 'Enter') {
      const text = typed
      typed = ''
      return text.length >= LEAST && scannerLike(text) ? { by: 'scanner', text } : PERSON
    }
    if (key.length !== 1) return PERSON
    typed += key
    return typed.length > 1 && scannerLike(typed) ? { by: 'scanner' } : PERSON
  }
}
