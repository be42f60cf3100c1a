import { useMemo, useState } from 'preact/hooks'
import type { Activity, Voucher } from '../../api/wallet.ts'
import { STEP_SECONDS } from '../../core/presentation.ts'
import { ceilingOf, choosePass } from '../../core/purse.ts'
import { clockWentBack, serverNow } from '../../store/clock.ts'
import type { StoredPass } from '../../store/wallet.ts'
import { online, passes, snapshot, vouchers } from '../../sync/wallet.ts'
import { Button, Icon, Notice, Screen } from '../../ui/index.ts'
import { QrCode } from '../../ui/QrCode.tsx'
import { useWakeLock } from '../../ui/wakeLock.ts'
import { t } from '../i18n.ts'
import { useCode, usePaid, usePutAway } from '../payCode.ts'
import { back, replace } from '../route.ts'
import { Amount, Call, potName } from '../words.tsx'

/** The code for the shop: white in dark mode too, kept awake, new every half minute, no network needed. */
export function Pay({ voucher: id }: { voucher: string }) {
  const voucher = vouchers.value.find((item) => item.id === id)
  // Chosen once: the code on screen must not change passes while the shop scans it.
  const found = choosePass(passes.value, id, serverNow())
  const [chosen, setChosen] = useState(found)
  if (!chosen && found) setChosen(found)
  useWakeLock()
  usePutAway(chosen)
  const paid = usePaid(voucher?.prg ?? -1, chosen)
  if (!voucher) return null
  if (paid) return <Paid payment={paid} voucher={voucher} />
  return chosen ? <Showing voucher={voucher} pass={chosen} /> : <NoPass voucher={voucher} />
}

function Showing({ voucher, pass }: { voucher: Voucher; pass: StoredPass }) {
  const [short, setShort] = useState(false)
  const { text, left } = useCode(pass, ceilingOf(voucher.balance, voucher.max_redemption), short)
  const holder = snapshot.value?.state.holder
  return (
    <Screen
      class="pay" title={t('pay.title', { programme: potName(voucher) })} back={{ label: t('pay.close'), go: back }}
      side={<span class="pay-left">{t('pot.still')} <strong><Amount of={voucher.balance} currency={voucher.currency} /></strong></span>}
    >
      {clockWentBack() && <Notice kind="warn" live="assertive">{t('pay.clock')}</Notice>}
      <figure class="pay-code">
        {text ? <QrCode text={text} label={t('pay.code.label')} /> : <div class="qr-wait" />}
        <figcaption><Countdown left={left} /></figcaption>
      </figure>
      <p class="pay-how">{t('pay.how')}</p>
      {!pass.once && <Notice>{t('pay.reserve')}</Notice>}
      {!online.value && <Notice icon="offline">{t('pay.offline')}</Notice>}
      <div class="pay-foot">
        <Button kind="quiet" onClick={() => setShort(!short)}>{short ? t('pay.normal') : t('pay.easier')}</Button>
        {holder && <p class="soft">{holder.name} · {t('pass.number')} <bdi>{holder.number}</bdi></p>}
      </div>
    </Screen>
  )
}

/** A bar that shrinks, and the same in words. A screen reader is not told each second. */
function Countdown({ left }: { left: number }) {
  return (
    <div class="countdown" aria-hidden="true">
      <div class="countdown-bar"><div style={{ transform: `scaleX(${left / STEP_SECONDS})` }} /></div>
      <p class="soft">{t('pay.next', { n: left })}</p>
    </div>
  )
}

function NoPass({ voucher }: { voucher: Voucher }) {
  return (
    <Screen title={t('pay.title', { programme: potName(voucher) })} back={{ label: t('pay.close'), go: back }}>
      <Notice kind="warn" live="polite">{online.value ? t('pay.making') : t('pay.nopass')}</Notice>
      <Call />
    </Screen>
  )
}

function Paid({ payment, voucher }: { payment: Activity; voucher: Voucher }) {
  const words = useMemo(() => t('paid.title'), [])
  return (
    <Screen class="paid" title={words} foot={<PaidFoot id={payment.id} />}>
      <span class="paid-mark"><Icon name="check" size={72} /></span>
      <p class="paid-amount"><Amount of={Math.abs(payment.amount)} currency={voucher.currency} /></p>
      <p class="paid-shop">{payment.merchant}</p>
      <p class="paid-left">{t('paid.left', { programme: potName(voucher) })} <strong><Amount of={voucher.balance} currency={voucher.currency} /></strong></p>
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
