/**
 * The shop's own question (VPQ1, spec 03): the customer's phone scans it and answers for this shop and this amount.
 * It is kept, also over a reload, until it is answered or too old.
 */
import { random, toBase64url } from '../core/bytes.ts'
import type { BundleProgramme } from '../core/bundle.ts'
import type { Question } from '../core/qr.ts'
import type { RefusalCode } from '../core/refusals.ts'
import { serverNow } from '../store/clock.ts'
import { readNote, writeNote } from '../store/till.ts'
import { bundle, cur, question, sale, screen, ticketsOf, till } from './model.ts'
import type { Facts } from './outcome.ts'

const NONCE_BYTES = 8

const secondsLeft = ({ askedAt }: Question): number => askedAt + (bundle.value?.params.question ?? 0) - serverNow()

/** The question that may still be answered, when it is about the amount of this sale. */
export function openQuestion(): Question | null {
  const now = question.value
  return now && now.amount === sale.value.amount && secondsLeft(now) > 0 ? now : null
}

/** Shows the customer what this shop asks: the same question as long as it lives. */
export function showQuestion(): void {
  const open = openQuestion()
  const now = open && secondsLeft(open) > 60 ? open : fresh()
  if (now !== open) keep(now)
  screen.value = { name: 'question', question: now }
}

const fresh = (): Question => ({ merchant: till.value!.merchant.number, amount: sale.value.amount, nonce: toBase64url(random(NONCE_BYTES)), askedAt: serverNow() })

/** It was answered. */
export const dropQuestion = (): void => keep(null)

function keep(next: Question | null): void {
  if (next === question.value) return
  question.value = next
  void writeNote('question', next).catch(() => undefined)
}

export async function recallQuestion(): Promise<void> {
  question.value = (await readNote('question').catch(() => undefined)) ?? null
}

/** Above `bound_above` the holder must confirm; above the ceiling that is of no use. */
const inReach = ({ bound_above, ceiling }: BundleProgramme, amount: number): boolean =>
  bound_above !== null && amount > bound_above && (ceiling === null || ceiling > bound_above)

const programmes = (): BundleProgramme[] => bundle.value?.programmes.filter(({ prg, cur: unit }) => unit === cur.value && (ticketsOf.value ?? prg) === prg) ?? []

/** True when every programme of this sale wants a question for so much. */
export const needsQuestion = (): boolean => programmes().length > 0 && programmes().every((each) => inReach(each, sale.value.amount))

/** Would the shop's own question put this right? It is the cure for a wrong clock, and for an amount that the holder must confirm. */
export function questionHelps(code: RefusalCode, facts: Facts): boolean {
  if (code !== 'amount_over_max') return code === 'proof_stale' || code === 'proof_from_future'
  return programmes().some((each) => each.bound_above === facts['max'] && inReach(each, sale.value.amount))
}
