import { Notice, Screen } from '../../ui/index.ts'
import { t } from '../i18n.ts'
import { Call } from '../words.tsx'

/** This browser keeps nothing (private mode, lockdown, inside another app): a paper card works as well. */
export function Blocked() {
  return (
    <Screen title={t('blocked.title')}>
      <Notice kind="warn">{t('blocked.why')}</Notice>
      <ul><li>{t('blocked.browser')}</li><li>{t('blocked.card')}</li></ul>
      <Call />
    </Screen>
  )
}
