import { Button, Icon, Screen } from '../../ui/index.ts'
import { t } from '../i18n.ts'
import { openHere } from '../tabs.ts'

/** Another tab of this device has the till: nothing can be sold here. Goes on by itself when that one is closed. */
export function ElsewhereScreen() {
  return (
    <Screen title={t('elsewhere.title')} quietTitle class="till result result-waiting">
      <span class="mark"><Icon name="info" size={120} /></span>
      <div class="result-words">
        <p class="verdict" aria-hidden="true">{t('elsewhere.title')}</p>
        <p class="reason" role="alert">{t('elsewhere.what')}</p>
        <p class="todo">{t('elsewhere.todo')}</p>
      </div>
      <div class="result-actions"><Button kind="primary" wide icon="forward" onClick={openHere}>{t('elsewhere.here')}</Button></div>
    </Screen>
  )
}
