import { Screen } from '../../ui/index.ts'
import { t } from '../i18n.ts'
import { back } from '../route.ts'
import { Call } from '../words.tsx'

/** What to do when the phone is gone. The money is not on it. */
export function Lost() {
  return (
    <Screen title={t('lost.title')} back={{ label: t('back'), go: back }}>
      <p class="lead">{t('lost.money')}</p>
      <ol class="numbered"><li>{t('lost.call')}</li><li>{t('lost.stop')}</li><li>{t('lost.new')}</li></ol>
      <Call />
      <p class="soft">{t('lost.note')}</p>
    </Screen>
  )
}
