import { Icon, Money, Notice, Screen } from '../../ui/index.ts'
import { serverNow } from '../../store/clock.ts'
import { newSale, timeText } from '../flow.ts'
import { t } from '../i18n.ts'
import { entries, programmeName, screen } from '../model.ts'
import { today, type Payment, type Today } from '../today.ts'
import { Bar } from '../parts/Bar.tsx'
import { Units, unitsText } from '../parts/Units.tsx'

export function TodayScreen() {
  const day = today(entries.value, serverNow())
  return (
    <Screen title={t('today.title')} back={{ label: t('back'), go: newSale }} side={<Bar />} class="till till-page">
      <Totals day={day} />
      {day.payments.some(({ entry }) => entry.state === 'sent') && (
        <Notice kind="warn" icon="clock">{t('waiting.what')} {t('today.unsure.wait')}</Notice>
      )}
      {day.payments.length ? <Payments payments={day.payments} /> : <p>{t('today.empty')}</p>}
    </Screen>
  )
}

function Totals({ day: { count, cents, backCents, totals } }: { day: Today }) {
  return (
    <section class="totals card">
      <dl>
        <div><dt>{t('today.count', { n: count })}</dt><dd class="total"><span class="hidden">{t('today.total')}</span><Money cents={cents} /></dd></div>
        {totals.map(({ prg, cur, amount }) => <div key={prg}><dt>{programmeName(prg)}</dt><dd><Units amount={amount} cur={cur} /></dd></div>)}
        {backCents > 0 && <div><dt>{t('today.back')}</dt><dd><Money cents={-backCents} minus={t('minus')} /></dd></div>}
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
  const amount = entry.state === 'done' ? entry.approved : entry.amount
  return (
    <button type="button" class={payment.voided ? 'list-item gone' : 'list-item'} onClick={() => { screen.value = { name: 'payment', seq: entry.seq } }}>
      <span class="row-time">{timeText(entry.at)}</span>
      <span class="grow">{programmeName(entry.prg)}<Remark payment={payment} /></span>
      <strong class="row-amount"><Units amount={amount} cur={entry.cur} /></strong>
      <Icon name="forward" size={20} />
    </button>
  )
}

/** What is special about a payment, in words. */
export function Remark({ payment: { entry, voided, back } }: { payment: Payment }) {
  if (entry.state === 'sent') return <span class="remark remark-warn"><Icon name="clock" size={18} />{t('today.unsure')}</span>
  if (voided) return <span class="remark"><Icon name="undo" size={18} />{t('today.voided')}</span>
  if (back) return <span class="remark"><Icon name="undo" size={18} />{t('today.refunded', { amount: unitsText(back, entry.cur) })}</span>
  return entry.approved < entry.amount ? <span class="remark">{t('today.of', { amount: unitsText(entry.amount, entry.cur) })}</span> : null
}
