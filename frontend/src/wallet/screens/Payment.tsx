import { useState } from 'preact/hooks'
import type { Activity } from '../../api/wallet.ts'
import type { Check } from '../../sync/verify.ts'
import { activity, doubtful, potOf } from '../../sync/wallet.ts'
import { Button, Notice, Screen } from '../../ui/index.ts'
import { CheckAnswer } from '../CheckAnswer.tsx'
import { t } from '../i18n.ts'
import { back } from '../route.ts'
import { Amount, Call, kindWords, potOfWords, whenWords } from '../words.tsx'

/** One payment, and the question whether it stands in the public register. */
export function Payment({ id }: { id: string }) {
  const payment = activity.value.find((item) => item.id === id)
  if (!payment) return null
  const pot = potOf(payment)
  return (
    <Screen title={payment.merchant ?? kindWords(payment.kind)} back={{ label: t('back'), go: back }}>
      <p class="payment-amount"><Amount of={payment.amount} currency={pot?.currency ?? 'EUR'} /></p>
      <dl class="facts card">
        <div><dt>{t('payment.what')}</dt><dd>{kindWords(payment.kind)}</dd></div>
        <div><dt>{t('payment.when')}</dt><dd>{whenWords(payment.at)}</dd></div>
        {pot && <div><dt>{t('payment.pot')}</dt><dd>{potOfWords(payment)}</dd></div>}
        {payment.by && <div><dt>{t('payment.by')}</dt><dd>{payment.by}</dd></div>}
      </dl>
      {doubtful.value.has(id) && <Notice kind="warn" live="polite"><p><strong>{t('payment.doubt')}</strong></p><p>{t('payment.doubt.todo')}</p><Call /></Notice>}
      <Register payment={payment} />
      {!doubtful.value.has(id) && <section class="stack"><h2>{t('payment.wrong')}</h2><p>{t('payment.wrong.text')}</p><Call /></section>}
    </Screen>
  )
}

function Register({ payment }: { payment: Activity }) {
  const [check, setCheck] = useState<Check | null>(null)
  const [busy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    setBusy(true)
    // The arithmetic is its own chunk: most people never ask for it.
    const { checkPayment } = await import('../../sync/verify.ts')
    setCheck(await checkPayment(payment))
    setBusy(false)
  }
  const start = (): void => {
    run().catch(() => {
      setCheck({ kind: 'unreachable' })
      setBusy(false)
    })
  }
  return (
    <section class="stack">
      <h2>{t('check.title')}</h2>
      <p>{t('check.text')}</p>
      {check && <CheckAnswer check={check} id={payment.id} />}
      <Button kind={check?.kind === 'proved' ? 'secondary' : 'primary'} icon="book" busy={busy} onClick={start}>{busy ? t('check.busy') : check ? t('check.again') : t('check.start')}</Button>
    </section>
  )
}
