/** What the clerk must see between two customers. */
import { Button, Icon, Notice } from '../../ui/index.ts'
import { update } from '../../ui/update.ts'
import { timeText } from '../flow.ts'
import { t } from '../i18n.ts'
import { online } from '../connection.ts'
import { bundle, cents, cur, entries, lastPaid, late, screen } from '../model.ts'
import { openCases, unsent } from '../outbox.ts'
import { ageText, openQueue, queueWords } from '../parts/Queue.tsx'
import { Units, unitsText } from '../parts/Units.tsx'

export function AmountNotices() {
  return <><Late /><Unanswered /><NotTaken /><Unsent /><LastPaid /><NewVersion /></>
}

/** Without a connection the till goes on: for how much, and what waits. */
function Unsent() {
  const { count, rows, since } = unsent.value
  if (online.value && !rows) return null
  const floors = bundle.value?.programmes.filter(({ cur: unit }) => unit === cur.value).map(({ floor }) => floor) ?? []
  const most = Math.max(0, ...floors)
  const words = online.value ? `${t('queue.what', { n: count, age: ageText(since ?? 0) })} ${queueWords()}` : t(most ? 'offline.goes.on' : 'offline.not.this', { max: unitsText(most, cur.value) })
  return <Notice icon={online.value ? 'clock' : 'offline'}>{words}{rows > 0 && <Button onClick={openQueue}>{t('queue.look')}</Button>}</Notice>
}

/** The municipality refused or holds sales of this shop: in view until somebody closed them. */
function NotTaken() {
  const n = openCases.value.length
  return n ? <Notice kind="warn">{t('cases.open.n', { n })}<Button onClick={openQueue}>{t('cases.look')}</Button></Notice> : null
}

/** Its customer may have paid in another way by now. */
function Late() {
  const entry = late.value
  if (!entry) return null
  const look = (): void => {
    late.value = null
    screen.value = { name: 'payment', seq: entry.seq }
  }
  return (
    <Notice kind="warn" icon="warning" live="polite">
      {t('amount.late', { amount: unitsText(entry.approved, entry.cur), time: timeText(entry.at) })}
      <Button onClick={look}>{t('amount.late.look')}</Button>
    </Notice>
  )
}

/** Sales that were set aside without an answer. */
function Unanswered() {
  const n = entries.value.filter(({ state }) => state === 'sent').length
  if (!n) return null
  return (
    <Notice kind="warn" icon="clock">
      {t('amount.unsure', { n })}
      <Button onClick={() => { screen.value = { name: 'today', back: 0 } }}>{t('amount.unsure.look')}</Button>
    </Notice>
  )
}

function LastPaid() {
  const last = lastPaid.value
  if (!last) return null
  return (
    <p class="last-paid">
      <Icon name="check" />
      <span><span class="soft">{t('amount.last')}</span><strong><Units amount={last.approved} cur={last.cur} /></strong></span>
      <span class="soft">{t('amount.last.paid', { time: timeText(last.at) })}</span>
    </p>
  )
}

/** Offered between customers only: this screen, before an amount is typed. */
function NewVersion() {
  const open = update.value
  if (!open || cents.value) return null
  return <Notice icon="refresh">{t('update.text')}<Button onClick={open}>{t('update.open')}</Button></Notice>
}
