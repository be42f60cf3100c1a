/** The list of today or of a day before, worked out from the chain: which sales stand, what went back, and the totals per programme. */
import { dayStart } from '../ui/dates.ts'
import type { Entry } from '../store/till.ts'

/** A sale and what became of it. `back` is what was given back, `busy` a void or refund without an answer. */
export type Payment = { entry: Entry; back: number; left: number; voided: boolean; busy: boolean }
export type Total = { prg: number; cur: string; count: number; amount: number }
export type Today = { payments: Payment[]; totals: Total[]; count: number; cents: number; backCents: number }

/** How many days before today the till remembers: long enough for a payment to be in the public log. */
export const DAYS_KEPT = 7

/** How many days ago `at` was. */
export const daysAgo = (at: number, now: number): number => Math.round((dayStart(now) - dayStart(at)) / 86_400)

/**
 * Newest first. Refused sales are not payments, unless the customer left with the goods; sales without an answer are,
 * and count for nothing yet. A sale that is not sent yet counts: it was accepted.
 */
export function today(entries: readonly Entry[], now: number, back = 0): Today {
  const [from, until] = [dayStart(now, back), dayStart(now, back - 1)]
  const sales = entries.filter(({ at, kind, state, offline }) => from <= at && at < until && kind === 'sale' && state !== 'left' && (state !== 'refused' || offline))
  const payments = sales.map((sale) => paymentOf(sale, entries)).reverse()
  const totals = [...new Set(sales.map((sale) => sale.prg))].map((prg) => total(prg, payments)).filter(({ count }) => count)
  const euros = payments.filter(({ entry }) => entry.cur === 'EUR')
  return {
    payments, totals,
    count: payments.filter(stands).length,
    cents: euros.filter(({ entry }) => good(entry)).reduce((sum, { left }) => sum + left, 0),
    backCents: euros.reduce((sum, payment) => sum + payment.back, 0),
  }
}

const good = ({ state }: Entry): boolean => state === 'done' || state === 'kept'
const stands = ({ entry, voided }: Payment): boolean => good(entry) && !voided

/** A sale and all that was given back of it, on whichever day. */
export function paymentOf(entry: Entry, rows: readonly Entry[]): Payment {
  const ours = rows.filter(({ kind, redemption }) => kind !== 'sale' && redemption !== null && (redemption === entry.redemption || redemption === entry.jti))
  const done = ours.filter(good)
  const back = done.reduce((sum, { approved }) => sum + approved, 0)
  return {
    entry, back, left: entry.approved - back,
    voided: good(entry) && back === entry.approved, busy: ours.some(({ state }) => state === 'sent'),
  }
}

function total(prg: number, payments: readonly Payment[]): Total {
  const ours = payments.filter((each) => each.entry.prg === prg && stands(each))
  return { prg, cur: ours[0]?.entry.cur ?? 'EUR', count: ours.length, amount: ours.reduce((sum, { left }) => sum + left, 0) }
}
