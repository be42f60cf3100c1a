/** What the till shows and sells now. Screens read these signals; flow.ts changes them. */
import { computed, signal } from '@preact/signals'
import type { Bundle } from '../core/bundle.ts'
import type { RefusalCode } from '../core/refusals.ts'
import { serverNow } from '../store/clock.ts'
import type { Entry, TillSelf } from '../store/till.ts'
import type { Question } from '../core/qr.ts'
import { language, t } from './i18n.ts'
import type { Sale } from './judge.ts'
import type { Facts } from './outcome.ts'

/** What a payment came to. `amount` is what was asked, in units of `cur`; `ask`: the shop's own question would help. */
export type Result =
  | { face: 'paid' | 'kept'; amount: number; cur: string; approved: number; rest: number; at: number }
  | { face: 'check' | 'refused'; amount: number; cur: string; code: RefusalCode; facts: Facts; ask?: boolean }
export type Paid = Extract<Result, { face: 'paid' | 'kept' }>

export type ScreenState =
  | { name: 'amount' }
  | { name: 'scan' }
  /** The shop's own question, for the customer's phone. */
  | { name: 'question'; question: Question }
  /** A card's PIN. `left`: how many tries there are after a wrong one. */
  | { name: 'pin'; entry: Entry; left: number | null; wrong: boolean }
  | { name: 'waiting'; entry: Entry }
  | { name: 'result'; result: Result }
  /** `back`: how many days before today. */
  | { name: 'today'; back: number }
  | { name: 'payment'; seq: number }
  | { name: 'settings' }
  /** What waits to be sent, and what the municipality did not take over. */
  | { name: 'queue' }
  | { name: 'enrol' }
  /** Another tab has the till. */
  | { name: 'elsewhere' }

export const till = signal<TillSelf | null>(null)
export const bundle = signal<Bundle | null>(null)
export const entries = signal<readonly Entry[]>([])
export const screen = signal<ScreenState>({ name: 'amount' })

/** The programme of kind tickets that is being sold; null: an amount of money. */
export const ticketsOf = signal<number | null>(null)
export const cents = signal(0)
export const tickets = signal(1)
/** What to do first, under the amount. */
export const hint = signal<string | null>(null)
/** The last payment that went well, kept in view on the next customer's screen. */
export const lastPaid = signal<Paid | null>(null)
/** The question that was shown last, for as long as it may be answered. */
export const question = signal<Question | null>(null)
/** A sale that was set aside without an answer and turned out to be paid. */
export const late = signal<Entry | null>(null)
/** True while a scanned code is on its way. */
export const checking = signal(false)

/** Programmes that can be spent now. */
const open = computed(() => bundle.value?.programmes.filter(({ from, to }) => from <= serverNow() && serverNow() < to) ?? [])
export const ticketProgrammes = computed(() => open.value.filter(({ cur: unit }) => unit === 'TKT'))
export const takesMoney = computed(() => open.value.some(({ cur: unit }) => unit === 'EUR'))
export const takesNothing = computed(() => bundle.value !== null && !open.value.length)
export const cur = computed(() => (ticketsOf.value === null ? 'EUR' : 'TKT'))
export const sale = computed<Sale>(() => (ticketsOf.value === null ? { amount: cents.value, prg: null } : { amount: tickets.value, prg: ticketsOf.value }))

/** In the reader's language. 0 is the programme of a short code whose answer is not in. */
export function programmeName(prg: number): string {
  const found = bundle.value?.programmes.find((each) => each.prg === prg)
  if (found) return language.value === 'nl' ? found.name : found.name_en || found.name
  return prg ? String(prg) : t('programme.unknown')
}
