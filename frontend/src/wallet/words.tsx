/** Sentences that several screens share: amounts, days, how fresh the data is, whom to call. */
import type { Activity, Municipality, Voucher } from '../api/wallet.ts'
import { formatMoney } from '../core/money.ts'
import { serverNow } from '../store/clock.ts'
import { config, potOf, snapshot, vouchers } from '../sync/wallet.ts'
import { clockTime, daysBetween, longDay, shortDay } from '../ui/dates.ts'
import { Money } from '../ui/index.ts'
import { language, t } from './i18n.ts'

/** "€ 45,50" or "2 kaartjes". */
export function Amount({ of, currency }: { of: number; currency: string }) {
  if (currency !== 'TKT') return <Money cents={of} currency={currency} minus={t('money.minus')} />
  return <bdi>{of < 0 ? '\u2212\u00a0' : ''}{t('tickets', { n: Math.abs(of) })}</bdi>
}

/** The same inside a sentence: a button, a title. */
export const amountText = (of: number, currency: string): string => (currency === 'TKT' ? t('tickets', { n: of }) : formatMoney(of, currency))

/** A pass number in groups of four, as in the letter and at the desk: "1400 0001". */
export const PassNumber = ({ of }: { of: string }) => <bdi>{of.replace(/.{4}(?=.)/g, '$&\u00a0')}</bdi>

/** "vandaag 10:12", "gisteren 16:40" or "3 mei". */
export function whenWords(at: number): string {
  const days = daysBetween(at, serverNow())
  if (days === 0) return t('when.today', { time: clockTime(at, language.value) })
  if (days === 1) return t('when.yesterday', { time: clockTime(at, language.value) })
  return shortDay(at, serverNow(), language.value)
}

/** "Gebruik vóór 1 januari 2027", and the days left when there are few. */
export function untilWords({ valid_until }: Voucher): string {
  const left = daysBetween(serverNow(), valid_until)
  const words = t('pot.until', { day: longDay(valid_until, language.value) })
  return left > 0 && left <= 30 ? `${words}. ${t('pot.left', { n: left })}` : words
}

export const endsSoon = ({ valid_until, balance }: Voucher): boolean => balance > 0 && daysBetween(serverNow(), valid_until) <= 30

/** The programme's name in the reader's language, as far as the municipality gave it. */
export const potName = ({ programme, name_en }: Voucher): string => (language.value === 'nl' ? programme : name_en || programme)

/** The same of the series that a dated ticket is of. */
export const seriesName = ({ series, series_en }: Voucher): string => (language.value === 'nl' ? series : series_en || series) ?? ''

/** The name of a pot, and whose it is when it is not one's own: "Kleding van Sam". */
export function potWords(voucher: Voucher): string {
  const { relation, name } = voucher.whose
  return relation === 'self' ? potName(voucher) : t('pot.whose', { programme: potName(voucher), name })
}

/** The pot of a movement. Where two people have one of the programme and the server did not tell which, only the programme. */
export function potOfWords(item: Activity): string {
  const pot = potOf(item)
  if (!pot) return ''
  const sure = pot.id === item.voucher || vouchers.value.filter(({ prg }) => prg === item.prg).length === 1
  return sure ? potWords(pot) : potName(pot)
}

export const kindWords = (kind: Activity['kind']): string => t(`kind.${kind}`)

/** The municipality's name, telephone and hours, as far as this phone knows them. */
export function municipality(): Municipality | null {
  return snapshot.value?.state.municipality ?? config.value?.municipality ?? null
}

/** "Bel 050 367 89 10 (ma–vr 9–17 uur)" as a link that dials. */
export function Call() {
  const desk = municipality()
  if (!desk) return null
  return (
    <p class="row">
      <a class="button button-secondary" href={`tel:${desk.phone.replace(/[^\d+]/g, '')}`}>{t('call', { phone: desk.phone })}</a>
      <span class="soft">{desk.hours}</span>
    </p>
  )
}
