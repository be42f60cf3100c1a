/** Today's list, worked out from the chain: which sales stand, what went back, and the totals per programme. */
import type { Entry } from '../store/till.ts'

/** A sale and what became of it. `back` is what was given back, `busy` a void or refund without an answer. */
export type Payment = { entry: Entry; back: number; left: number; voided: boolean; busy: boolean }
export type Total = { prg: number; cur: string; count: number; amount: number }
export type Today = { payments: Payment[]; totals: Total[]; count: number; cents: number; backCents: number }

/** 00:00 of the day of `now` where the till stands, in epoch seconds. */
export function dayStart(now: number): number {
  return Math.floor(new Date(now * 1000).setHours(0, 0, 0, 0) / 1000)
}

/** Newest first. Refused sales are not payments; sales without an answer are, and count for nothing yet. */
export function today(entries: readonly Entry[], now: number): Today {
  const rows = entries.filter((entry) => entry.at >= dayStart(now))
  const sales = rows.filter(({ kind, state }) => kind === 'sale' && state !== 'refused')
  const payments = sales.map((sale) => payment(sale, rows)).reverse()
  const totals = [...new Set(sales.map((sale) => sale.prg))].map((prg) => total(prg, payments)).filter(({ count }) => count)
  const euros = payments.filter(({ entry }) => entry.cur === 'EUR')
  return {
    payments, totals,
    count: payments.filter(stands).length,
    cents: euros.reduce((sum, { left }) => sum + left, 0),
    backCents: euros.reduce((sum, { back }) => sum + back, 0),
  }
}

const stands = ({ entry, voided }: Payment): boolean => entry.state === 'done' && !voided

function payment(entry: Entry, rows: readonly Entry[]): Payment {
  const ours = rows.filter(({ kind, redemption }) => kind !== 'sale' && redemption === entry.redemption)
  const done = ours.filter(({ state }) => state === 'done')
  const back = done.reduce((sum, { approved }) => sum + approved, 0)
  return {
    entry, back, left: entry.approved - back,
    voided: entry.state === 'done' && back === entry.approved, busy: ours.some(({ state }) => state === 'sent'),
  }
}

function total(prg: number, payments: readonly Payment[]): Total {
  const ours = payments.filter((each) => each.entry.prg === prg && stands(each))
  return { prg, cur: ours[0]?.entry.cur ?? 'EUR', count: ours.length, amount: ours.reduce((sum, { left }) => sum + left, 0) }
}
