import { useEffect } from 'preact/hooks'
import { dayName, dayStart, longDay } from '../../ui/dates.ts'
import { Button, Icon, Money, Notice, Screen } from '../../ui/index.ts'
import { SaveFile } from '../../ui/SaveFile.tsx'
import { serverNow } from '../../store/clock.ts'
import { newSale, timeText } from '../flow.ts'
import { language, t } from '../i18n.ts'
import { askLogged, logged } from '../logged.ts'
import { entries, programmeName, screen } from '../model.ts'
import { DAYS_KEPT, today, type Payment, type Today } from '../today.ts'
import { cases, unsent } from '../outbox.ts'
import { Bar } from '../parts/Bar.tsx'
import { ageText, openQueue, queueWords, SendNow } from '../parts/Queue.tsx'
import { Units, unitsText } from '../parts/Units.tsx'

/** The payments of a day; `back` is how many days before today. */
export function TodayScreen({ back }: { back: number }) {
  const day = today(entries.value, serverNow(), back)
  const count = day.payments.length
  useEffect(() => void askLogged(day.payments), [back, count])
  return (
    <Screen title={back ? longDay(dayStart(serverNow(), back), language.value) : t('today.title')} back={{ label: t('back'), go: newSale }} side={<Bar />} class="till till-page">
      <Totals day={day} />
      {day.payments.some(({ entry }) => entry.state === 'sent') && (
        <Notice kind="warn" icon="clock">{t('waiting.what')} {t('today.unsure.wait')}</Notice>
      )}
      {unsent.value.rows > 0 && (
        <Notice icon="clock">{t('queue.what', { n: unsent.value.count, age: ageText(unsent.value.since!) })} {queueWords()} <SendNow /></Notice>
      )}
      {cases.value.length > 0 && <Button icon="warning" onClick={openQueue}>{t('cases.look')}</Button>}
      {count ? <Payments payments={day.payments} /> : <p>{t(back ? 'today.empty.then' : 'today.empty')}</p>}
      {count > 0 && <SaveFile text={csv(day.payments)} name={`meedoen-kassa-${dayName(dayStart(serverNow(), back))}.csv`} label={t('today.save')} type="text/csv" />}
      <OtherDays back={back} />
    </Screen>
  )
}

/** A day's payments for the shop's own books: what it got, and what is not certain yet. No pass, no code, no person. */
function csv(payments: readonly Payment[]): string {
  const head = [t('payment.at'), t('payment.for'), t('amount.title'), t('today.back'), t('payment.number')]
  const rows = payments.map(({ entry, back }) => [timeText(entry.at), programmeName(entry.prg), inUnits(entry.approved, entry.cur), inUnits(back, entry.cur), entry.redemption ?? t('today.kept')])
  return `\ufeff${[head, ...rows].map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(';')).join('\r\n')}\r\n`
}

const inUnits = (amount: number, unit: string): string => (unit === 'TKT' ? String(amount) : (amount / 100).toFixed(2).replace('.', ','))

function OtherDays({ back }: { back: number }) {
  const go = (to: number): void => { screen.value = { name: 'today', back: to } }
  return (
    <div class="row push">
      {back < DAYS_KEPT && <Button icon="back" onClick={() => go(back + 1)}>{t('today.before')}</Button>}
      {back > 0 && <Button icon="forward" onClick={() => go(back - 1)}>{t('today.after')}</Button>}
    </div>
  )
}

/** A shop that was paid in tickets alone sees those, and not € 0,00. */
function Totals({ day: { count, cents, backCents, totals } }: { day: Today }) {
  const tickets = totals.filter(({ cur }) => cur === 'TKT').reduce((sum, { amount }) => sum + amount, 0)
  return (
    <section class="totals card">
      <dl>
        <div><dt>{t('today.count', { n: count })}</dt><dd class="total"><span class="hidden">{t('today.total')}</span>{cents || !tickets ? <Money cents={cents} /> : <Units amount={tickets} cur="TKT" />}</dd></div>
        {totals.map(({ prg, cur, amount }) => <div key={prg}><dt>{programmeName(prg)}</dt><dd><Units amount={amount} cur={cur} /></dd></div>)}
        {backCents > 0 && <div><dt>{t('today.back.off')}</dt><dd><Money cents={-backCents} minus={t('minus')} /></dd></div>}
      </dl>
    </section>
  )
}

function Payments({ payments }: { payments: readonly Payment[] }) {
  return (
    <section class="stack">
      <h2>{t('today.list')}</h2>
      <ul class="list">{payments.map((payment) => <li key={payment.entry.seq}><Row payment={payment} /></li>)}</ul>
    </section>
  )
}

function Row({ payment }: { payment: Payment }) {
  const { entry } = payment
  const amount = entry.approved || entry.amount
  return (
    <button type="button" class={payment.voided ? 'list-item gone' : 'list-item'} onClick={() => { screen.value = { name: 'payment', seq: entry.seq } }}>
      <span class="row-time">{timeText(entry.at)}</span>
      <span class="grow">{programmeName(entry.prg)}<Remark payment={payment} /><InLog payment={payment} /></span>
      <strong class="row-amount"><Units amount={amount} cur={entry.cur} /></strong>
      <Icon name="forward" size={20} />
    </button>
  )
}

function InLog({ payment: { entry } }: { payment: Payment }) {
  return entry.redemption && logged.value.has(entry.redemption) ? <span class="remark"><Icon name="book" size={18} />{t('log.in.short')}</span> : null
}

/** What is special about a payment, in words. */
export function Remark({ payment: { entry, voided, back } }: { payment: Payment }) {
  if (entry.state === 'sent') return <span class="remark remark-warn"><Icon name="clock" size={18} />{t('today.unsure')}</span>
  if (entry.state === 'held') return <span class="remark remark-warn"><Icon name="clock" size={18} />{t('today.held')}</span>
  if (entry.state === 'refused') return <span class="remark remark-warn"><Icon name="warning" size={18} />{t('today.not.taken')}</span>
  if (voided) return <span class="remark"><Icon name="undo" size={18} />{t('today.voided')}</span>
  if (back) return <span class="remark"><Icon name="undo" size={18} />{t('today.refunded', { amount: unitsText(back, entry.cur) })}</span>
  if (entry.state === 'kept') return <span class="remark"><Icon name="clock" size={18} />{t('today.kept')}</span>
  return entry.approved < entry.amount ? <span class="remark">{t('today.of', { amount: unitsText(entry.amount, entry.cur) })}</span> : null
}
