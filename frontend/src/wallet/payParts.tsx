/** What the screens that show a code have in common. */
import { useMemo } from 'preact/hooks'
import type { Activity, Voucher } from '../api/wallet.ts'
import type { StoredPass } from '../store/wallet.ts'
import { online } from '../sync/wallet.ts'
import { Button, Icon, Notice, Screen } from '../ui/index.ts'
import { t } from './i18n.ts'
import { back, replace } from './route.ts'
import { Amount, Call, potWords } from './words.tsx'

/** What the holder must know of this code: the spare one can be recognized, and some need the shop's connection. */
export function PassNotices({ pass }: { pass: StoredPass }) {
  return (
    <>
      {!pass.once && <Notice><p>{t('pay.reserve')}</p><p>{t('pay.reserve.seen')}</p></Notice>}
      {pass.once && pass.ofl === 0 && <Notice>{t('pay.needs')}</Notice>}
      {!online.value && <Notice icon="offline">{t('pay.offline')}</Notice>}
    </>
  )
}

export function NoPass({ voucher }: { voucher: Voucher }) {
  return (
    <Screen title={t('pay.title', { programme: potWords(voucher) })} back={{ label: t('pay.close'), go: back }}>
      <Notice kind="warn" live="polite">{online.value ? t('pay.making') : t('pay.nopass')}</Notice>
      <Call />
    </Screen>
  )
}

export function Paid({ payment, voucher }: { payment: Activity; voucher: Voucher }) {
  const words = useMemo(() => t('paid.title'), [])
  return (
    <Screen class="paid" title={words} foot={<PaidFoot id={payment.id} />}>
      <span class="paid-mark"><Icon name="check" size={72} /></span>
      <p class="paid-amount"><Amount of={Math.abs(payment.amount)} currency={voucher.currency} /></p>
      <p class="paid-shop">{payment.merchant}</p>
      <p class="paid-left">{t('paid.left', { programme: potWords(voucher) })} <strong><Amount of={voucher.balance} currency={voucher.currency} /></strong></p>
    </Screen>
  )
}

function PaidFoot({ id }: { id: string }) {
  return (
    <>
      <Button kind="primary" wide onClick={back}>{t('paid.done')}</Button>
      <Button kind="quiet" onClick={() => replace({ screen: 'payment', id })}>{t('paid.proof')}</Button>
    </>
  )
}
