/**
 * The course of a sale: amount → scan → (waiting) → result → next customer. Every screen change is here.
 * 1. A scan is judged by the till itself first; only then is a record made, stored and sent.
 * 2. The same pass for the same amount within 10 seconds shows the same result: it is no second payment.
 * 3. Without an answer the till waits and sends the same record again. A sale that was set aside is asked about
 *    only when its code is too old to be accepted: the answer then tells what happened and makes nothing happen.
 */
import { openCamera } from '../scan/camera.ts'
import { warmUp } from '../scan/scanner.ts'
import { Refusal } from '../core/refusals.ts'
import { serverNow } from '../store/clock.ts'
import { allEntries, type Entry } from '../store/till.ts'
import { append, type Draft } from './chain.ts'
import { online } from './connection.ts'
import { t } from './i18n.ts'
import { judge, type Judged } from './judge.ts'
import { bundle, cents, checking, cur, entries, hint, lastPaid, late, sale, screen, tickets, till, type Result } from './model.ts'
import { faceOf, nextOf, type Face } from './outcome.ts'
import { send, type Facts, type Sent } from './send.ts'
import { signalOutcome, unlockSound } from './sounds.ts'

const SAME_SCAN_SECONDS = 10
const ASK_AGAIN_MS = 2_000
/** A code lives 120 seconds, and a phone's clock may be 60 ahead. */
const CODE_DEAD_SECONDS = 190

/** What was scanned last, for how much: for the same code again, and for paying a part with it. */
let current: (Judged & { asked: number; at: number; result: Result | null }) | null = null

export const timeText = (seconds: number): string =>
  new Intl.DateTimeFormat('nl-NL-u-nu-latn', { hour: '2-digit', minute: '2-digit' }).format(new Date(seconds * 1000))

export function openScan(): void {
  unlockSound()
  warmUp()
  void openCamera()
  screen.value = { name: 'scan' }
}

/** Back to the keypad with the amount as it was. */
export function changeAmount(): void {
  screen.value = { name: 'amount' }
}

export function newSale(): void {
  cents.value = 0
  tickets.value = 1
  hint.value = null
  screen.value = { name: 'amount' }
}

/** A scanner on USB works from the keypad too, but never on a screen that is not about this sale's code. */
export function wedged(text: string): void {
  const now = screen.value
  const again = now.name === 'result' && now.result.face !== 'paid' && nextOf(now.result.code) === 'scan'
  if (now.name === 'amount' && !sale.value.amount) hint.value = t('amount.zero')
  else if (now.name === 'amount' || now.name === 'scan' || again) void scanned(text)
}

/** A text from the camera, the keyboard or a scanner. */
export async function scanned(text: string): Promise<void> {
  const [rules, self, wanted] = [bundle.value, till.value, sale.value]
  if (!online.value || !rules || !self) return
  await attempt(async () => {
    const judged = await judge(text, wanted, rules, self.merchant.number, serverNow())
    const seen = sameAgain(judged, wanted.amount)
    if (seen) return show(seen)
    current = { ...judged, asked: wanted.amount, at: serverNow(), result: null }
    if (judged.refusal) throw judged.refusal
    await pay(wanted.amount, false)
  })
}

/** One thing at a time; a refusal becomes its screen. */
async function attempt(work: () => Promise<void>): Promise<void> {
  if (checking.value) return
  checking.value = true
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    show(refused(error))
  } finally {
    checking.value = false
  }
}

function sameAgain({ jti }: Judged, amount: number): Result | null {
  const result = current?.result
  const same = current?.jti === jti && serverNow() - current.at <= SAME_SCAN_SECONDS
  return same && result?.face === 'paid' && result.amount === amount ? result : null
}

/** Takes what the pass that was just scanned can pay: at most `limit` units, null for what the server finds. */
export async function payPart(limit: number | null): Promise<void> {
  const most = Math.min(current?.asked ?? 0, limit ?? Infinity)
  if (most) await attempt(() => pay(most, true))
}

async function pay(amount: number, part: boolean): Promise<void> {
  const { pres, prg, cur: unit } = current!
  const sent = await send(await record({ mode: 'on', amount, cur: unit, prg, part, subject: { pres } }))
  await remember()
  finish(sent)
}

/** Stores the next record of the chain; nothing is sent yet. Throws Refusal when this device cannot store it. */
async function record(draft: Omit<Draft, 'at' | 'aud' | 'bundleIat'>): Promise<Entry> {
  const { iss, iat } = bundle.value!
  const entry = await append(till.value!, { ...draft, at: serverNow(), aud: iss, bundleIat: iat }).catch(() => {
    throw new Refusal('malformed_record')
  })
  await remember()
  return entry
}

/**
 * Undoes a sale (void, all of it) or gives a part back (refund). The entry tells what came of it. A sale that is
 * in the public log already cannot be undone; then the whole amount is refunded, which is the same to the holder.
 * Throws Refusal when this device cannot store the record.
 */
export async function giveBack(sold: Entry, kind: 'void' | 'refund', amount: number): Promise<Entry> {
  const { entry } = await send(await record({ mode: kind, amount, cur: sold.cur, prg: sold.prg, part: false, subject: { ref: sold.redemption! } }))
  await remember()
  return kind === 'void' && entry.code === 'refund_window_closed' ? giveBack(sold, 'refund', amount) : entry
}

/** Reads the chain again, for the lists on screen. What cannot be read must not hide what was paid. */
export async function remember(): Promise<void> {
  entries.value = await allEntries().catch(() => entries.value)
}

function finish({ entry, facts }: Sent): void {
  if (entry.state === 'sent') return wait(entry)
  const result = resultOf(entry, Math.max(current?.asked ?? 0, entry.amount), facts)
  if (current) current.result = result
  show(result)
}

/** `amount` is what the customer has to pay; a part asked for less. */
function resultOf({ state, cur: unit, approved, at, code }: Entry, amount: number, facts: Facts): Result {
  if (state === 'done') return { face: 'paid', amount, cur: unit, approved, rest: amount - approved, at }
  const known = code ?? 'unavailable'
  return { face: faceOf(known) as Exclude<Face, 'paid'>, amount, cur: unit, code: known, facts }
}

function refused({ code, facts }: Refusal): Result {
  return { face: faceOf(code) as Exclude<Face, 'paid'>, amount: sale.value.amount, cur: cur.value, code, facts }
}

function show(result: Result): void {
  if (result.face === 'paid') lastPaid.value = result
  signalOutcome(result.face)
  screen.value = { name: 'result', result }
}

function wait(entry: Entry): void {
  screen.value = { name: 'waiting', entry }
  setTimeout(() => void askAgain(), ASK_AGAIN_MS)
}

/** Sends the record that waits once more; keeps doing so while its screen is in view. */
export async function askAgain(): Promise<void> {
  const now = screen.value
  if (now.name !== 'waiting' || checking.value) return
  checking.value = true
  const sent = await send(now.entry).finally(() => { checking.value = false })
  await remember()
  if (screen.value.name === 'waiting') finish(sent)
}

/** Asks for the answers that are still missing, in the order of the chain. A sale that was booked after all is told. */
export async function askForAnswers(): Promise<void> {
  if (checking.value || screen.value.name === 'waiting') return
  for (const entry of entries.value.filter(mayAsk)) {
    const sent = await send(entry)
    if (entry.kind === 'sale' && sent.entry.state === 'done') late.value = sent.entry
  }
  await remember()
}

const mayAsk = ({ state, kind, at }: Entry): boolean => state === 'sent' && (kind !== 'sale' || serverNow() - at > CODE_DEAD_SECONDS)

/** After a crash in the middle of a payment the till starts with that payment. */
export function resume(): void {
  const last = entries.value.at(-1)
  if (last?.state === 'sent' && last.kind === 'sale') wait(last)
}
