/** What waits to be sent: how much, since when, and a button that sends it. */
import { serverNow } from '../../store/clock.ts'
import { Button, Icon } from '../../ui/index.ts'
import { online } from '../connection.ts'
import { t } from '../i18n.ts'
import { screen } from '../model.ts'
import { sending, sendQueue, unsent } from '../outbox.ts'

/** "12 minuten", "3 uur": the age of the oldest. */
export function ageText(since: number): string {
  const minutes = Math.max(0, Math.floor((serverNow() - since) / 60))
  return minutes < 120 ? t('queue.minutes', { n: minutes }) : t('queue.hours', { n: Math.floor(minutes / 60) })
}

/** In the bar, on every screen, for as long as something waits. */
export function QueueChip() {
  const { count, rows, since } = unsent.value
  if (!rows || since === null) return null
  const label = <><Icon name="clock" size={20} />{t('queue.chip', { n: count })} · {ageText(since)}</>
  return <output class="connection queue-chip">{label}</output>
}

export function SendNow() {
  return (
    <Button icon="refresh" busy={sending.value} onClick={() => void sendQueue()}>
      {sending.value ? t('queue.sending') : t('queue.send')}
    </Button>
  )
}

export const openQueue = (): void => { screen.value = { name: 'queue' } }

/** What the clerk may expect of it. */
export const queueWords = (): string => t(online.value ? 'queue.soon' : 'queue.later')
