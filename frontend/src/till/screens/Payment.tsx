import { useState } from 'preact/hooks'
import { Button, Field, Notice, Screen } from '../../ui/index.ts'
import { parseMoney } from '../../core/money.ts'
import type { RefusalCode } from '../../core/refusals.ts'
import { serverNow } from '../../store/clock.ts'
import type { Entry } from '../../store/till.ts'
import { giveBack, newSale, timeText } from '../flow.ts'
import { t } from '../i18n.ts'
import { entries, programmeName, screen } from '../model.ts'
import { daysAgo, paymentOf, type Payment } from '../today.ts'
import { Bar } from '../parts/Bar.tsx'
import { LogProof } from '../parts/LogProof.tsx'
import { BigUnits, Units, unitsText } from '../parts/Units.tsx'
import { Remark } from './Today.tsx'

/** Looking at a payment; choosing a part; being asked once more. */
type Step = { name: 'look' } | { name: 'part' } | { name: 'confirm'; kind: 'void' | 'refund'; amount: number }
type Told = { kind: 'good' | 'warn' | 'bad'; text: string }

const toList = (at: number): void => { screen.value = { name: 'today', back: daysAgo(at, serverNow()) } }

export function PaymentScreen({ seq }: { seq: number }) {
  const sale = entries.value.find((entry) => entry.seq === seq)
  const payment = sale && paymentOf(sale, entries.value)
  const [step, setStep] = useState<Step>({ name: 'look' })
  const [told, setTold] = useState<Told | null>(null)
  const done = (words: Told): void => {
    setTold(words)
    setStep({ name: 'look' })
  }
  if (!payment) return <Screen title={t('payment.title')} back={{ label: t('back'), go: newSale }}>{null}</Screen>
  return (
    <Screen title={t('payment.title')} back={{ label: t('back'), go: () => toList(payment.entry.at) }} side={<Bar />} class="till till-page">
      <Details payment={payment} />
      {told && <Notice kind={told.kind} live="assertive">{told.text}</Notice>}
      {step.name === 'look' && <LogProof payment={payment} />}
      {step.name === 'look' && <Choices payment={payment} setStep={setStep} />}
      {step.name === 'part' && <Part payment={payment} setStep={setStep} />}
      {step.name === 'confirm' && <Confirm payment={payment} step={step} cancel={() => setStep({ name: 'look' })} done={done} />}
    </Screen>
  )
}

function Details({ payment }: { payment: Payment }) {
  const { entry, back, left } = payment
  const paid = entry.approved || entry.amount
  return (
    <>
      <BigUnits amount={paid} cur={entry.cur} />
      <Remark payment={payment} />
      <dl class="facts card">
        <div><dt>{t('payment.at')}</dt><dd>{timeText(entry.at)}</dd></div>
        <div><dt>{t('payment.for')}</dt><dd>{programmeName(entry.prg)}</dd></div>
        {back > 0 && <div><dt>{t('payment.left')}</dt><dd><Units amount={left} cur={entry.cur} /></dd></div>}
        {entry.redemption && <div><dt>{t('payment.number')}</dt><dd class="code">{entry.redemption}</dd></div>}
      </dl>
    </>
  )
}

function Choices({ payment: { entry, back, left, voided, busy }, setStep }: { payment: Payment; setStep: (step: Step) => void }) {
  if (busy || entry.state === 'sent') return <Notice kind="warn" icon="clock">{t('payment.unsure')}</Notice>
  if (entry.state === 'held' || entry.state === 'refused') return <Notice kind="warn">{entry.code && t(`refusal.${entry.code}`)} {t(entry.state === 'held' ? 'cases.held.todo' : 'cases.open.todo')}</Notice>
  if (voided || !left) return null
  return (
    <div class="stack push">
      {!back && <Button icon="undo" wide onClick={() => setStep({ name: 'confirm', kind: 'void', amount: left })}>{t('payment.void')}</Button>}
      {(back > 0 || left > 1) && entry.state === 'done' && <Button wide onClick={() => setStep({ name: 'part' })}>{t('payment.refund')}</Button>}
    </div>
  )
}

function Part({ payment: { entry, left }, setStep }: { payment: Payment; setStep: (step: Step) => void }) {
  const [text, setText] = useState('')
  const [error, setError] = useState<string | null>(null)
  const tickets = entry.cur === 'TKT'
  const most = tickets ? String(left) : unitsText(left, entry.cur)
  const go = (event: Event): void => {
    event.preventDefault()
    const amount = tickets ? (/^\s*\d{1,3}\s*$/.test(text) ? Number(text) : null) : parseMoney(text)
    if (!amount || amount > left) return setError(t(tickets ? 'payment.refund.wrong.tickets' : 'payment.refund.wrong', { amount: most }))
    setStep({ name: 'confirm', kind: 'refund', amount })
  }
  return (
    <form class="stack push" onSubmit={go} noValidate>
      <Field
        label={t(tickets ? 'payment.refund.tickets' : 'payment.refund.label')} value={text} onValue={setText} error={error}
        hint={t(tickets ? 'payment.refund.hint.tickets' : 'payment.refund.hint', { amount: most })} input={{ autoComplete: 'off' }}
      />
      <Button kind="primary" wide type="submit">{t('payment.refund.next')}</Button>
      <Button wide onClick={() => setStep({ name: 'look' })}>{t('payment.cancel')}</Button>
    </form>
  )
}

const bad = (code: RefusalCode): Told => ({ kind: 'bad', text: `${t(`refusal.${code}`)} ${t(`todo.${code}`)}` })

function outcome({ state, code }: Entry, words: string): Told {
  if (state === 'refused' && code) return bad(code)
  return state === 'done' || state === 'kept' ? { kind: 'good', text: t('payment.done', { amount: words }) } : { kind: 'warn', text: t('payment.unsure') }
}

type ConfirmProps = { payment: Payment; step: Extract<Step, { name: 'confirm' }>; cancel: () => void; done: (told: Told) => void }

function Confirm({ payment: { entry }, step: { kind, amount }, cancel, done }: ConfirmProps) {
  const [busy, setBusy] = useState(false)
  const words = unitsText(amount, entry.cur)
  const go = async (): Promise<void> => {
    if (busy) return
    setBusy(true)
    done(await giveBack(entry, kind, amount).then((made) => outcome(made, words), () => bad('malformed_record')))
  }
  return (
    <div class="stack push">
      <p class="ask" role="alert">{t(kind === 'void' ? 'payment.void.ask' : 'payment.refund.ask')}</p>
      <Button kind="primary" icon="undo" wide busy={busy} onClick={() => void go()}>{t(kind === 'void' ? 'payment.void.yes' : 'payment.refund.yes', { amount: words })}</Button>
      <Button wide onClick={cancel}>{t('payment.cancel')}</Button>
    </div>
  )
}
