/**
 * The time that counts is the server's. Each answer that carries it moves our offset; between answers the device's
 * own clock runs on from there (spec 03, clocks).
 */
const STORED = 'clock'
const JUMP_MS = 60_000

/** `running`: performance.now() when the answer came; only the page that got it has one. */
type Anchor = { offset: number; at: number; running?: number }

let anchor: Anchor | null = recall()

/** Epoch seconds by the server's clock, as well as we know it. */
export const serverNow = (): number => serverTimeAt(Date.now())

/** The same for a moment of this device's clock (Date.now()): what is known of the server's time now counts for then as well. */
export function serverTimeAt(moment: number): number {
  return Math.floor((moment + (anchor?.offset ?? 0)) / 1000)
}

/** Takes in the server's time (epoch seconds) of an answer to a request sent at `sentAt` (Date.now()). */
export function setServerTime(serverTime: number, sentAt: number): void {
  const received = Date.now()
  // The clock was set while the answer was on its way: half of a jump is nobody's time.
  if (Math.abs(received - sentAt) > JUMP_MS) return
  // The server's seconds are whole, so half a second is added; the answer is half a round trip old.
  anchor = { offset: serverTime * 1000 + 500 - (sentAt + received) / 2, at: received, running: performance.now() }
  try {
    localStorage.setItem(STORED, JSON.stringify({ offset: anchor.offset, at: anchor.at }))
  } catch {
    return // storage is blocked: the offset lives as long as the page
  }
}

/** True when the device's clock was set back since the last answer: its time means nothing then. */
export function clockWentBack(): boolean {
  return anchor !== null && Date.now() < anchor.at - JUMP_MS
}

/** True when this page had the server's time, and the device's clock ran on since then as a clock does. */
export function clockIsSure(): boolean {
  if (anchor?.running === undefined) return false
  const ran = performance.now() - anchor.running
  return Math.abs(Date.now() - anchor.at - ran) <= JUMP_MS
}

/** Minutes that the device's clock is off. */
export function clockSkewMinutes(): number {
  return Math.round(Math.abs(anchor?.offset ?? 0) / 60_000)
}

function recall(): Anchor | null {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? 'null') as Anchor | null
  } catch {
    return null
  }
}
