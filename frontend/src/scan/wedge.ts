/**
 * A scanner on USB or Bluetooth is a keyboard that types very fast: `VP1:…` and then Enter.
 * 1. Keys less than GAP milliseconds apart that start with a letter are the scanner's; all others are a person's.
 * 2. Enter straight after at least LEAST such keys gives the scanned text.
 * Digits never start a scan, so a quick cashier is never taken for a machine.
 */
const GAP = 60
const LEAST = 8

export type Stroke = { by: 'person' } | { by: 'scanner' } | { by: 'scanner'; text: string }

const PERSON: Stroke = { by: 'person' }

/** One listener's memory. `key` is KeyboardEvent.key, `at` its timeStamp in milliseconds. */
export function makeWedge(): (key: string, at: number) => Stroke {
  let typed = ''
  let last = -Infinity
  return (key, at) => {
    const fast = at - last <= GAP
    last = at
    if (key === 'Enter') {
      const text = fast ? typed : ''
      typed = ''
      return text.length >= LEAST && /^\D/.test(text) ? { by: 'scanner', text } : PERSON
    }
    if (key.length !== 1) return PERSON
    typed = fast ? typed + key : key
    return typed.length > 1 && /^\D/.test(typed) ? { by: 'scanner' } : PERSON
  }
}
