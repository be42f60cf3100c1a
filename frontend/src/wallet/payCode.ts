/** The code on the pay screen: a fresh proof each half minute, and the word that it was paid. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Activity, Voucher } from '../api/wallet.ts'
import { openProof, present, STEP_SECONDS } from '../core/presentation.ts'
import { SHOWN_SECONDS } from '../core/purse.ts'
import { encode, encodeShort } from '../core/qr.ts'
import { serverNow, serverTimeAt } from '../store/clock.ts'
import type { StoredPass } from '../store/wallet.ts'
import { activity, burn, noteShown, refresh } from '../sync/wallet.ts'

const ASK_MS = 3000
const NOTE_MS = 60_000
/** Clocks that were set by the same server still differ a little. */
const SLACK_SECONDS = 2

/** Epoch seconds, once a second. */
export function useNow(): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** The QR text for this half minute, null while it is being signed. `short` is the form that scans more easily. */
export function useCode(pass: StoredPass | null, ceiling: number, short: boolean): { text: string | null; left: number } {
  const now = useNow()
  const step = Math.floor(now / STEP_SECONDS)
  const [text, setText] = useState<string | null>(null)
  useEffect(() => {
    let current = true
    if (!pass) return
    void present(pass.token, openProof(step * STEP_SECONDS, ceiling), pass.key).then((made) => {
      if (current) setText(short ? encodeShort(made) : encode(made))
    })
    return () => { current = false }
  }, [pass, ceiling, short, step])
  return { text, left: STEP_SECONDS - (now % STEP_SECONDS) }
}

/**
 * The payment that was made while the code was on screen; one of before, of which the phone hears only now, is not it.
 * Asks the server every few seconds; offline nothing comes, and that is fine.
 */
export function usePaid(pot: Voucher | undefined, pass: StoredPass | null): Activity | null {
  const before = useRef(new Set(activity.value.map(({ id }) => id)))
  const opened = useRef(Date.now())
  const isNew = ({ id, at }: Activity): boolean => !before.current.has(id) && at >= serverTimeAt(opened.current) - SLACK_SECONDS
  const paid = activity.value.find((item) => pot !== undefined && isOf(item, pot) && item.kind === 'redemption' && isNew(item)) ?? null
  useEffect(() => {
    if (paid) {
      // The next code is made ready at once.
      if (pass) void burn(pass).then(refresh)
      return
    }
    const timer = setInterval(() => void refresh(), ASK_MS)
    return () => clearInterval(timer)
  }, [paid?.id, pass])
  return paid
}

const isOf = ({ voucher, prg }: Activity, pot: Voucher): boolean => (voucher === null ? prg === pot.prg : voucher === pot.id)

/**
 * A pass whose code was seen is noted at once and each minute, for a phone can stop at any moment; and again when the
 * screen closes. `after`: seconds on screen that count as seen.
 */
export function usePutAway(pass: StoredPass | null, after = SHOWN_SECONDS): void {
  useEffect(() => {
    if (!pass) return
    let minutes: ReturnType<typeof setInterval> | undefined
    void noteShown(pass, false)
    const timer = setTimeout(() => {
      void noteShown(pass, true)
      minutes = setInterval(() => void noteShown(pass, true), NOTE_MS)
    }, after * 1000)
    return () => {
      clearTimeout(timer)
      clearInterval(minutes)
      if (minutes) void noteShown(pass, true)
    }
  }, [pass, after])
}
