import { formatMoney, speakMoney } from '../../core/money.ts'
import { t } from '../i18n.ts'

/** "€ 12,50", or "2 kaartjes" for a programme that counts tickets. */
export function unitsText(amount: number, cur: string): string {
  return cur === 'TKT' ? t('amount.tickets', { n: amount }) : formatMoney(amount)
}

/** An amount in a programme's units, for the eyes and for the ears. */
export function Units({ amount, cur }: { amount: number; cur: string }) {
  if (cur === 'TKT') return <>{unitsText(amount, cur)}</>
  return (
    <>
      <bdi dir="ltr" aria-hidden="true">{formatMoney(amount)}</bdi>
      <span class="hidden">{speakMoney(amount, t('minus'))}</span>
    </>
  )
}

/** The amount of this sale: at least 64 px, as large as the line allows, in every step. */
export function BigUnits({ amount, cur, live }: { amount: number; cur: string; live?: boolean }) {
  const length = Math.max(7, unitsText(amount, cur).length)
  return (
    <p class="big" style={{ '--length': String(length) }} {...(live ? { role: 'status' } : {})}>
      <Units amount={amount} cur={cur} />
    </p>
  )
}
