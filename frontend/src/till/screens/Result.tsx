import { useEffect } from 'preact/hooks'
import { Button, Screen } from '../../ui/index.ts'
import { changeAmount, newSale, openScan, payPart, timeText } from '../flow.ts'
import { t } from '../i18n.ts'
import { checking, programmeName, type Paid as PaidResult, type Result } from '../model.ts'
import { nextOf, wordsOf } from '../outcome.ts'
import { unsent } from '../outbox.ts'
import { showQuestion } from '../question.ts'
import { usePersonKeys } from '../scans.ts'
import { Bar } from '../parts/Bar.tsx'
import { Mark } from '../parts/Marks.tsx'
import { BigUnits, unitsText } from '../parts/Units.tsx'

/** Long enough to be seen by clerk and customer; the amount stays on the next screen. */
const RETURN_AFTER = 4_000

export function ResultScreen({ result }: { result: Result }) {
  return 'code' in result ? <Unpaid result={result} /> : <Paid result={result} />
}

function Paid({ result: { face, approved, amount, rest, cur } }: { result: PaidResult }) {
  useEffect(() => {
    if (rest) return undefined
    const timer = setTimeout(newSale, RETURN_AFTER)
    return () => clearTimeout(timer)
  }, [rest])
  usePersonKeys((event) => { if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) newSale() })
  return (
    <Screen title={`${t('paid.title')} ${unitsText(approved, cur)}`} quietTitle side={<Bar />} class={`till result result-${face}`}>
      <Mark face={face} />
      <p class="verdict" aria-hidden="true">{t('paid.title')}</p>
      <BigUnits amount={approved} cur={cur} />
      {face === 'kept' && <p class="reason">{t('kept.later', { n: unsent.value.count })}</p>}
      {rest > 0 && (
        <p class="rest" role="alert">
          <strong>{t('paid.rest', { rest: unitsText(rest, cur) })}</strong><span>{t('paid.asked', { amount: unitsText(amount, cur) })}</span>
        </p>
      )}
      <div class="result-actions">
        <Button kind="primary" wide icon="forward" onClick={newSale}>{t('paid.next')}</Button>
        {!rest && <span class="countdown" aria-hidden="true" />}
      </div>
    </Screen>
  )
}

type UnpaidResult = Extract<Result, { code: unknown }>

function Unpaid({ result }: { result: UnpaidResult }) {
  const { face, code, amount, cur } = result
  const title = t(`${face}.title`)
  const reason = t(`refusal.${wordsOf(code, result.facts)}`)
  return (
    <Screen title={`${title}. ${reason}`} quietTitle side={<Bar />} class={`till result result-${face}`}>
      <Mark face={face} />
      <div class="result-words">
        <p class="verdict" aria-hidden="true">{title}</p>
        <p class="reason">{reason}</p>
        <p class="todo">{todo(result)}</p>
        {face === 'check' && <p class="unpaid">{t('check.unpaid')}</p>}
        <BigUnits amount={amount} cur={cur} />
      </div>
      <div class="result-actions"><Actions result={result} /></div>
    </Screen>
  )
}

/** What the pass can still pay, when the refusal tells. */
function most({ facts: { left, max } }: UnpaidResult): number | null {
  const limit = left ?? max
  return typeof limit === 'number' ? limit : null
}

/** The facts of a refusal say it more precisely than the general sentence. */
function todo(result: UnpaidResult): string {
  const { code, facts, cur } = result
  const limit = most(result)
  if (result.ask) return t('question.helps')
  if (code === 'already_redeemed' && typeof facts['at'] === 'number') return `${t('used.here', { time: timeText(facts['at']) })} ${t('todo.already_redeemed')}`
  if (code === 'over_offline_limit' && limit !== null) return t('over.offline', { max: unitsText(limit, cur) })
  if (code === 'amount_over_max' && limit !== null) return t('over.max', { max: unitsText(limit, cur) })
  if (code === 'insufficient_balance' && limit !== null) return t('part.amount', { left: unitsText(limit, cur) })
  if (code === 'wrong_programme' && typeof facts['programme'] === 'number') return `${t('wrong.pick', { programme: programmeName(facts['programme']) })} ${t(`todo.${code}`)}`
  return t(`todo.${wordsOf(code, facts)}`)
}

function Actions({ result }: { result: UnpaidResult }) {
  const next = nextOf(result.code, result.facts)
  const stop = <Button onClick={newSale}>{t('next.stop')}</Button>
  if (result.ask) return <><Button kind="primary" wide icon="qr" onClick={showQuestion}>{t('question.show')}</Button>{next === 'scan' ? <Button icon="refresh" onClick={openScan}>{t('next.scan')}</Button> : <Button onClick={changeAmount}>{t('next.amount')}</Button>}</>
  if (next === 'start') return <Button kind="primary" wide onClick={newSale}>{t('next.start')}</Button>
  if (next === 'scan') return <><Button kind="primary" wide icon="qr" onClick={openScan}>{t('next.scan')}</Button>{stop}</>
  if (next === 'amount') return <><Button kind="primary" wide icon="keypad" onClick={changeAmount}>{t('next.choose')}</Button>{stop}</>
  return <PartActions result={result} />
}

function PartActions({ result }: { result: UnpaidResult }) {
  const limit = most(result)
  const label = limit === null ? t('next.part') : t('part.pay', { left: unitsText(limit, result.cur) })
  return (
    <>
      <Button kind="primary" wide icon="check" busy={checking.value} onClick={() => void payPart(limit)}>{label}</Button>
      <Button onClick={changeAmount}>{t('next.amount')}</Button>
    </>
  )
}
