import { activity } from '../../sync/wallet.ts'
import { Screen } from '../../ui/index.ts'
import { t } from '../i18n.ts'
import { PaymentList } from '../PaymentList.tsx'
import { back } from '../route.ts'

export function History() {
  return (
    <Screen title={t('history.title')} back={{ label: t('back'), go: back }}>
      <PaymentList items={activity.value} />
    </Screen>
  )
}
