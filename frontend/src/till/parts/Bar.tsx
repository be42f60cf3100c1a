import { Icon, Logo } from '../../ui/index.ts'
import { offlineMinutes, online } from '../connection.ts'
import { t } from '../i18n.ts'
import { screen, till } from '../model.ts'
import { QueueChip } from './Queue.tsx'

function Connection() {
  const minutes = offlineMinutes.value
  if (online.value) return <span class="connection connection-on"><i class="dot" aria-hidden="true" />{t('bar.online')}</span>
  return (
    <output class="connection connection-off">
      <Icon name="offline" size={20} />{minutes ? t('bar.offline.age', { n: minutes }) : t('bar.offline')}
    </output>
  )
}

/** Always on screen: the shop, the till, the connection, what waits to be sent. `buttons` only between customers. */
export function Bar({ buttons }: { buttons?: boolean }) {
  return (
    <div class="bar">
      <span class="bar-shop"><Logo /><strong>{till.value?.merchant.name}</strong><span>{till.value?.name}</span></span>
      <Connection />
      <QueueChip />
      {buttons && (
        <nav class="bar-buttons">
          <button type="button" class="button button-quiet" onClick={() => { screen.value = { name: 'today', back: 0 } }}>
            <Icon name="book" /><span>{t('bar.today')}</span>
          </button>
          <button type="button" class="button button-quiet" onClick={() => { screen.value = { name: 'settings' } }}>
            <Icon name="more" /><span>{t('bar.settings')}</span>
          </button>
        </nav>
      )}
    </div>
  )
}
