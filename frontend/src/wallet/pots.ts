/**
 * How the home screen arranges the pots:
 * 1. the holder's own first, then those of each other person together;
 * 2. the dated tickets of a series are one card, as long as one of its windows is still to come;
 * 3. what can be spent now stands before what cannot; what is over is left out.
 */
import type { Voucher, Whose } from '../api/wallet.ts'

export type Card = { kind: 'pot'; voucher: Voucher } | { kind: 'series'; name: string; windows: Voucher[] }
export type Group = { whose: Whose; cards: Card[] }

const isOver = ({ valid_until }: Voucher, now: number): boolean => now >= valid_until

/** Whether something can be bought with it at `now` (epoch seconds). */
export const isUsable = (voucher: Voucher, now: number): boolean =>
  voucher.balance > 0 && !voucher.suspended && voucher.valid_from <= now && !isOver(voucher, now)

/** The window of a series that can be spent now, if any. */
export const runningOf = (windows: readonly Voucher[], now: number): Voucher | undefined => windows.find((window) => isUsable(window, now))

export function groupPots(vouchers: readonly Voucher[], now: number): Group[] {
  const groups = new Map<string, { whose: Whose; all: Voucher[] }>([['self', { whose: { name: '', relation: 'self' }, all: [] }]])
  for (const voucher of vouchers) {
    const { whose } = voucher
    const key = whose.relation === 'self' ? 'self' : `${whose.relation} ${whose.name}`
    const group = groups.get(key) ?? { whose, all: [] }
    group.all.push(voucher)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ whose, all }) => ({ whose, cards: cardsOf(all, now) })).filter(({ cards }) => cards.length)
}

function cardsOf(all: readonly Voucher[], now: number): Card[] {
  const series = new Map<string, Voucher[]>()
  const cards: Card[] = []
  for (const voucher of all) {
    const windows = voucher.series === null ? undefined : series.get(voucher.series)
    if (windows) windows.push(voucher)
    else if (voucher.series === null) cards.push({ kind: 'pot', voucher })
    else {
      const first = [voucher]
      series.set(voucher.series, first)
      cards.push({ kind: 'series', name: voucher.series, windows: first })
    }
  }
  for (const windows of series.values()) windows.sort((a, b) => a.valid_from - b.valid_from)
  const vouchersOf = (card: Card): Voucher[] => (card.kind === 'pot' ? [card.voucher] : card.windows)
  const present = cards.filter((card) => vouchersOf(card).some((voucher) => !isOver(voucher, now)))
  const canPay = (card: Card): boolean => runningOf(vouchersOf(card), now) !== undefined
  return [...present.filter(canPay), ...present.filter((card) => !canPay(card))]
}
