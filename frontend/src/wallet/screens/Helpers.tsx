import { useState } from 'preact/hooks'
import type { Helper } from '../../api/wallet.ts'
import { formatMoney } from '../../core/money.ts'
import { serverNow } from '../../store/clock.ts'
import { stop } from '../../sync/helpers.ts'
import { snapshot, vouchers } from '../../sync/wallet.ts'
import { longDay, shortDay } from '../../ui/dates.ts'
import { Button, Icon, Notice, Screen } from '../../ui/index.ts'
import { language, t } from '../i18n.ts'
import { back } from '../route.ts'
import { Call, potName } from '../words.tsx'

/** Who may pay for the holder: with what, how much, until when, and how to end it. */
export function Helpers() {
  const helpers = snapshot.value?.state.helpers ?? []
  return (
    <Screen title={t('helpers.title')} back={{ label: t('back'), go: back }}>
      <p class="lead">{helpers.length ? t('helpers.lead') : t('helpers.none')}</p>
      {helpers.map((helper) => <One key={helper.id} helper={helper} />)}
      <section class="stack"><h2>{t('helpers.add')}</h2><p>{t('helpers.add.text')}</p><Call /></section>
    </Screen>
  )
}

function One({ helper }: { helper: Helper }) {
  const { name, until, last_used } = helper
  return (
    <article class="card stack">
      <h2 class="row"><Icon name="heart" />{name}</h2>
      <dl class="facts">
        <div><dt>{t('helpers.with')}</dt><dd>{potsOf(helper)}</dd></div>
        <div><dt>{t('helpers.limits')}</dt><dd>{limitsOf(helper)}</dd></div>
        {until !== null && <div><dt>{t('helpers.until')}</dt><dd>{longDay(until - 1, language.value)}</dd></div>}
        <div><dt>{t('helpers.used')}</dt><dd>{last_used === null ? t('helpers.unused') : shortDay(last_used, serverNow(), language.value)}</dd></div>
      </dl>
      <Stop helper={helper} />
    </article>
  )
}

/** Names of the pots; no programme named means all. */
function potsOf({ programmes }: Helper): string {
  const names = programmes.map((prg) => vouchers.value.find((voucher) => voucher.prg === prg)).flatMap((pot) => (pot ? [potName(pot)] : []))
  return names.length ? names.join(', ') : t('helpers.all')
}

/** "Hoogstens € 20,00 per keer. Hoogstens € 60,00 per maand." */
function limitsOf({ per_purchase, per_month }: Helper): string {
  const words = [
    per_purchase === null ? '' : t('helpers.each', { amount: formatMoney(per_purchase) }),
    per_month === null ? '' : t('helpers.month', { amount: formatMoney(per_month) }),
  ]
  return words.filter(Boolean).join(' ') || t('helpers.nolimit')
}

/** Asks once more before it stops somebody. */
function Stop({ helper: { id, name } }: { helper: Helper }) {
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState(false)
  const end = async (): Promise<void> => {
    setBusy(true)
    setFailed((await stop(id)) !== null)
    setBusy(false)
  }
  if (!sure) return <Button onClick={() => setSure(true)}>{t('helpers.stop', { name })}</Button>
  return (
    <Notice kind="warn" live="polite">
      <p><strong>{t('helpers.sure', { name })}</strong></p>
      {failed && <p role="alert">{t('helpers.failed')}</p>}
      <div class="row">
        <Button kind="danger" busy={busy} onClick={() => void end()}>{t('helpers.yes')}</Button>
        <Button onClick={() => setSure(false)}>{t('helpers.no')}</Button>
      </div>
    </Notice>
  )
}
