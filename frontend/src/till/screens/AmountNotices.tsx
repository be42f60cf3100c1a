/** What the clerk must see between two customers. */
import { Button, Icon, Notice } from '../../ui/index.ts'
import { update } from '../../ui/update.ts'
import { timeText } from '../flow.ts'
import { t } from '../i18n.ts'
import { cents, entries, lastPaid, late, screen } from '../model.ts'
import { Units, unitsText } from '../parts/Units.tsx'

export function AmountNotices() {
  return <><Late /><Unanswered /><LastPaid /><NewVersion /></>
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
