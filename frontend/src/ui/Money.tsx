import { formatMoney, speakMoney, type Cents } from '../core/money.ts'

/** "€ 12,50" for the eyes, "12 euro 50" for the ears. */
export function Money({ cents, currency = 'EUR', minus = 'min' }: { cents: Cents; currency?: string; minus?: string }) {
  return (
    <>
      <bdi dir="ltr" aria-hidden="true">{formatMoney(cents, currency)}</bdi>
      <span class="hidden">{speakMoney(cents, minus)}</span>
    </>
  )
}
