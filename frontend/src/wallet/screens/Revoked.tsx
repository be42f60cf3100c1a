import { forget, snapshot } from '../../sync/wallet.ts'
import { Button, Notice, Screen } from '../../ui/index.ts'
import { t } from '../i18n.ts'
import { go } from '../route.ts'
import { Call } from '../words.tsx'

/** The municipality does not know this phone (any more): another phone has the pass, or it was reported lost. */
export function Revoked() {
  const helping = snapshot.value?.state.helping
  const again = async (): Promise<void> => {
    await forget()
    go({ screen: 'code' })
  }
  return (
    <Screen title={t('revoked.title')} foot={<Button kind="primary" wide onClick={() => void again()}>{t('revoked.again')}</Button>}>
      <Notice kind="warn">{t('revoked.why')}</Notice>
      <p>{helping ? t('revoked.helping', { name: helping.name }) : t('revoked.money')}</p>
      <ul class="plain"><li>{t('revoked.moved')}</li><li>{t('revoked.lost')}</li><li>{t('revoked.not')}</li></ul>
      <Call />
    </Screen>
  )
}
