import { useState } from 'preact/hooks'
import type { Voucher } from '../../api/wallet.ts'
import { STEP_SECONDS } from '../../core/presentation.ts'
import { ceilingOf, chooseAnother, choosePass } from '../../core/purse.ts'
import { clockWentBack, serverNow } from '../../store/clock.ts'
import type { StoredPass } from '../../store/wallet.ts'
import { burn, online, passes, snapshot, vouchers } from '../../sync/wallet.ts'
import { Button, Notice, Screen } from '../../ui/index.ts'
import { QrCode } from '../../ui/QrCode.tsx'
import { useWakeLock } from '../../ui/wakeLock.ts'
import { t } from '../i18n.ts'
import { useCode, usePaid, usePutAway } from '../payCode.ts'
import { NoPass, Paid, PassNotices } from '../payParts.tsx'
import { back, replace } from '../route.ts'
import { Amount, amountText, PassNumber, potWords } from '../words.tsx'

/** The code for the shop: white in dark mode too, kept awake, new every half minute, no network needed. */
export function Pay({ voucher: id }: { voucher: string }) {
  const voucher = vouchers.value.find((item) => item.id === id)
  // Chosen once: the code on screen must not change passes while the shop scans it.
  const found = choosePass(passes.value, id, serverNow())
  const [chosen, setChosen] = useState(found)
  if (!chosen && found) setChosen(found)
  useWakeLock()
  usePutAway(chosen)
  const paid = usePaid(voucher, chosen)
  if (!voucher) return null
  if (paid) return <Paid payment={paid} voucher={voucher} />
  return chosen ? <Showing voucher={voucher} pass={chosen} onOther={setChosen} /> : <NoPass voucher={voucher} />
}

type Shown = { voucher: Voucher; pass: StoredPass; onOther: (pass: StoredPass) => void }

function Showing({ voucher, pass, onOther }: Shown) {
  const [short, setShort] = useState(false)
  const { text, left } = useCode(pass, ceilingOf(voucher.max_redemption), short)
  const holder = snapshot.value?.state.holder
  return (
    <Screen
      class="pay" title={t('pay.title', { programme: potWords(voucher) })} back={{ label: t('pay.close'), go: back }}
      side={<span class="pay-left">{t('pot.still')} <strong><Amount of={voucher.balance} currency={voucher.currency} /></strong></span>}
    >
      {clockWentBack() && <Notice kind="warn" live="assertive">{t('pay.clock')}</Notice>}
      <figure class="pay-code">
        {text ? <QrCode text={text} label={t('pay.code.label')} /> : <div class="qr-wait" />}
        <figcaption><Countdown left={left} /></figcaption>
      </figure>
      <p class="pay-how">{t('pay.how')}</p>
      <PassNotices pass={pass} />
      <Another pass={pass} onOther={onOther} />
      <div class="pay-foot">
        <AskShop voucher={voucher} />
        <Button kind="quiet" onClick={() => setShort(!short)}>{short ? t('pay.normal') : t('pay.easier')}</Button>
        {holder?.number && <p class="soft">{holder.name} · {t('pass.number')} <PassNumber of={holder.number} /></p>}
      </div>
    </Screen>
  )
}

/** The other way round: the phone scans the shop's code. Needed above a limit, and when the clock is wrong. */
function AskShop({ voucher: { id, bound_above, balance, currency } }: { voucher: Voucher }) {
  const above = bound_above !== null && bound_above > 0 && balance > bound_above
  return (
    <>
      {above && <p class="soft">{t('pay.above', { amount: amountText(bound_above, currency) })}</p>}
      <Button icon="camera" onClick={() => replace({ screen: 'ask', voucher: id })}>{t('pay.ask')}</Button>
    </>
  )
}

/** Without network the phone does not hear that it paid, and would show the same code again for three minutes. */
function Another({ pass, onOther }: Omit<Shown, 'voucher'>) {
  const other = pass.shownAt === undefined || online.value ? null : chooseAnother(passes.value, pass, serverNow())
  if (!other) return null
  const change = async (): Promise<void> => {
    onOther(other)
    await burn(pass)
  }
  return <Notice icon="refresh"><p>{t('pay.again')}</p><Button onClick={() => void change()}>{t('pay.another')}</Button></Notice>
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
