/**
 * The course of a sale: amount → scan → (waiting) → result → next customer. Every screen change is here.
 * 1. A scan is judged by the till itself first; only then is a record made, stored and sent.
 * 2. A code that is scanned again while its result is in view changes nothing. A next sale is judged as any other: a
 *    code that paid before is refused, whoever shows it.
 * 3. Without a connection, or without an answer, the till accepts the sale itself when the rules allow it.
 * 4. When they do not, it waits and sends the same record again. A sale that was set aside is asked about only when
 *    its code is too old to be accepted: the answer then tells what happened and makes nothing happen.
 */
import { openCamera } from '../scan/camera.ts'
import { warmUp } from '../scan/scanner.ts'
import { isSignedCard } from '../core/qr.ts'
import { Refusal, type RefusalCode } from '../core/refusals.ts'
import { clockTime } from '../ui/dates.ts'
import { serverNow } from '../store/clock.ts'
import { allEntries, putEntry, readNote, writeNote, type Entry } from '../store/till.ts'
import { append, type Draft } from './chain.ts'
import { lostConnection, makeSure, online } from './connection.ts'
import { t } from './i18n.ts'
import { judge, type Judged } from './judge.ts'
import { bundle, cents, checking, cur, entries, hint, lastPaid, late, sale, screen, tickets, till, type Result } from './model.ts'
import { keepSale, notePaid, offRules, stopped, undoKept } from './offline.ts'
import { faceOf, nextOf, type Facts } from './outcome.ts'
import { dropQuestion, needsQuestion, openQuestion, questionHelps, showQuestion } from './question.ts'
import { refuse, send, type Sent } from './send.ts'
import { signalOutcome, unlockSound } from './sounds.ts'

const ASK_AGAIN_MS = 2_000
/** A code lives 120 seconds, and a phone's clock may be 60 ahead. */
const CODE_DEAD_SECONDS = 190
/** A result that was never shown is shown on start, for as long as its customer may still be there. */
const SHOW_WITHIN_SECONDS = 3_600

/** What was scanned last, for how much: for paying a part with it, or without a connection. A card's PIN lives here and nowhere else. */
let current: (Judged & { text: string; asked: number; pin?: string }) | null = null

/** "10:12", by the clock of the place. */
export const timeText = (seconds: number): string => clockTime(seconds, 'nl')

export function openScan(): void {
  unlockSound()
  if (needsQuestion() && !openQuestion()) return showQuestion()
  scanNow()
}

export function scanNow(): void {
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
  if (current) delete current.pin
  screen.value = { name: 'amount' }
}

/** A text from the camera, the keyboard or a scanner. It counts only on a screen of a sale that is not settled yet. */
export async function scanned(text: string): Promise<void> {
  const now = screen.value
  const again = now.name === 'result' && 'code' in now.result && nextOf(now.result.code, now.result.facts) === 'scan'
  if (now.name === 'amount' && !sale.value.amount) hint.value = t('amount.zero')
  else if (now.name === 'amount' || now.name === 'scan' || now.name === 'question' || again) await take(text)
}

async function take(text: string): Promise<void> {
  const [self, wanted] = [till.value, sale.value]
  if (!bundle.value || !self || stopped()) return
  await attempt(async () => {
    if (isSignedCard(text.trim())) await makeSure()
    const judged = await judge(text, wanted, await rules(), serverNow())
    current = { ...judged, text, asked: wanted.amount }
    if (judged.refusal) throw judged.refusal
    await pay(wanted.amount, false)
  })
}

const rules = async (off = !online.value) => ({ bundle: bundle.value!, merchant: till.value!.merchant.number, question: openQuestion(), off: off ? await offRules() : null })

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

/** Takes what the pass that was just scanned can pay: at most `limit` units, null for what the server finds. */
export async function payPart(limit: number | null): Promise<void> {
  const most = Math.min(current?.asked ?? 0, limit ?? Infinity)
  if (most) await attempt(() => pay(most, true))
}

async function pay(amount: number, part: boolean): Promise<void> {
  const { subject, prg, cur: unit } = current!
  if (!online.value) return settleSale({ entry: await keepSale(offDraft(amount), current!, null), facts: {} })
  const entry = await record({ mode: 'on', amount, cur: unit, prg, part, subject })
  await settleSale(await send(entry, current!.pin))
}

const offDraft = (amount: number): Omit<Draft, 'mode'> => ({ amount, cur: current!.cur, prg: current!.prg, part: false, subject: current!.subject, ...stamps() })

/** A record is never older than the bundle that it names: the till's seconds may lag a little behind the server's. */
const stamps = () => {
  const { iss, iat } = bundle.value!
  return { at: Math.max(serverNow(), iat), aud: iss, bundleIat: iat }
}

/** Without an answer the till falls back by itself, when the rules allow the same sale without a connection. */
async function settleSale(sent: Sent): Promise<void> {
  if (sent.silent) lostConnection()
  const kept = sent.silent ? await goOnWithout(sent.entry).catch(() => null) : null
  if (sent.entry.state === 'done' && current) await notePaid(current, sent.entry.at)
  await remember()
  finish(kept ? { entry: kept, facts: {} } : sent)
}

async function goOnWithout(entry: Entry): Promise<Entry | null> {
  if (!current) return null
  const again = await judge(current.text, { amount: entry.amount, prg: current.prg || null }, await rules(true), serverNow())
  return again.refusal ? null : keepSale(offDraft(entry.amount), again, entry)
}

/** Stores the next record of the chain; nothing is sent yet. Throws Refusal when this device cannot store it. */
async function record(draft: Omit<Draft, 'at' | 'aud' | 'bundleIat'>): Promise<Entry> {
  const entry = await append(till.value!, { ...draft, ...stamps() }).catch(() => {
    throw new Refusal('malformed_record')
  })
  await remember()
  return entry
}

/**
 * Undoes a sale (void, all of it) or gives a part back (refund). The entry tells what came of it. A sale that is
 * in the public log already cannot be undone; then the whole amount is refunded, which is the same to the holder.
 * A sale that was not sent yet is undone here. Throws Refusal when this device cannot store the record.
 */
export async function giveBack(sold: Entry, kind: 'void' | 'refund', amount: number): Promise<Entry> {
  const back = { amount, cur: sold.cur, prg: sold.prg, part: false }
  const undone = sold.state === 'kept' && kind === 'void' ? await undoKept(sold, { ...back, ...stamps() }) : null
  const now = (await allEntries()).find(({ seq }) => seq === sold.seq) ?? sold
  const entry = undone ?? (await send(await record({ mode: kind, ...back, subject: { ref: now.redemption! } }))).entry
  await remember()
  return kind === 'void' && entry.code === 'refund_window_closed' ? giveBack(now, 'refund', amount) : entry
}

/** Reads the chain again, for the lists on screen. What cannot be read must not hide what was paid. */
export async function remember(): Promise<void> {
  entries.value = await allEntries().catch(() => entries.value)
}

function finish({ entry, facts, pin }: Sent): void {
  if (pin) return askPin(entry, facts, pin === 'pin_wrong')
  if (entry.state === 'sent') return wait(entry)
  show(resultOf(entry, Math.max(current?.asked ?? 0, entry.amount), facts))
  if (entry.state === 'kept') void noteShown(entry)
}

async function noteShown(entry: Entry): Promise<void> {
  await writeNote('shown', entry.seq).catch(() => undefined)
  await remember()
}

/** `amount` is what the customer has to pay; a part asked for less. */
function resultOf({ state, cur: unit, approved, at, code }: Entry, amount: number, facts: Facts): Result {
  if (state === 'done' || state === 'kept') return { face: state === 'done' ? 'paid' : 'kept', amount, cur: unit, approved, rest: amount - approved, at }
  const known = code ?? 'unavailable'
  return { face: faceOf(known), amount, cur: unit, code: known, facts, ask: mayAskPhone(known, facts) }
}

function refused({ code, facts }: Refusal): Result {
  return { face: faceOf(code, facts), amount: sale.value.amount, cur: cur.value, code, facts, ask: mayAskPhone(code, facts) }
}

const mayAskPhone = (code: RefusalCode, facts: Facts): boolean => !(current && 'card' in current.subject) && questionHelps(code, facts)

function show(result: Result): void {
  if (result.face === 'paid' || result.face === 'kept') {
    lastPaid.value = result
    dropQuestion()
  }
  signalOutcome(result.face)
  screen.value = { name: 'result', result }
}

function askPin(entry: Entry, { left }: Facts, wrong: boolean): void {
  if (wrong) signalOutcome('check')
  screen.value = { name: 'pin', entry, left: typeof left === 'number' ? left : null, wrong }
}

/** Sends the card's record again, with the PIN beside it. */
export async function givePin(entry: Entry, pin: string): Promise<void> {
  if (checking.value) return
  checking.value = true
  if (current) current.pin = pin
  const sent = await send(entry, pin).finally(() => { checking.value = false })
  if (current && sent.pin) delete current.pin
  await remember()
  if (screen.value.name === 'pin') finish(sent)
}

/** The customer does not give the PIN. */
export async function stopPin(entry: Entry): Promise<void> {
  await putEntry(refuse(entry, 'pin_required')).catch(() => undefined)
  await remember()
  newSale()
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
  const sent = await send(now.entry, current?.pin).finally(() => { checking.value = false })
  await remember()
  if (screen.value.name === 'waiting') finish(sent)
}

/** Asks for the answers that are still missing, in the order of the chain. A sale that was booked after all is told. */
export async function askForAnswers(): Promise<void> {
  if (checking.value || screen.value.name === 'waiting' || screen.value.name === 'pin') return
  for (const entry of entries.value.filter(mayAsk)) {
    const sent = await send(entry)
    if (sent.pin) await putEntry(refuse(entry, sent.pin)).catch(() => undefined)
    if (entry.kind === 'sale' && sent.entry.state === 'done') late.value = sent.entry
  }
  await remember()
}

const mayAsk = ({ state, kind, at }: Entry): boolean => state === 'sent' && (kind !== 'sale' || serverNow() - at > CODE_DEAD_SECONDS)

/** After a crash in the middle of a payment the till starts with that payment. */
export async function resume(): Promise<void> {
  const last = entries.value.at(-1)
  if (last?.kind !== 'sale') return
  if (last.state === 'sent') return wait(last)
  const shown = (await readNote('shown').catch(() => undefined)) ?? 0
  const fresh = last.seq > shown && serverNow() - last.at < SHOW_WITHIN_SECONDS
  if (last.offline && fresh && (last.state === 'kept' || last.state === 'done')) finish({ entry: last, facts: {} })
}
