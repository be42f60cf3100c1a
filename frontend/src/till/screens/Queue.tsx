import { clockTime, shortDay } from '../../ui/dates.ts'
import { Icon, Notice, Screen } from '../../ui/index.ts'
import { serverNow } from '../../store/clock.ts'
import type { Case, Entry } from '../../store/till.ts'
import { newSale, timeText } from '../flow.ts'
import { language, t } from '../i18n.ts'
import { entries, programmeName, screen } from '../model.ts'
import { cases, trouble, unsent } from '../outbox.ts'
import { known, looksAtIt } from '../outcome.ts'
import { Bar } from '../parts/Bar.tsx'
import { ageText, queueWords, SendNow } from '../parts/Queue.tsx'
import { Units } from '../parts/Units.tsx'

/** What was not sent yet, and what the municipality did not take over. */
export function QueueScreen() {
  const rows = entries.value.filter(({ state, kind }) => state === 'kept' && kind === 'sale')
  return (
    <Screen title={t('queue.title')} back={{ label: t('back'), go: newSale }} side={<Bar />} class="till till-page">
      <Unsent rows={rows} />
      <Cases />
    </Screen>
  )
}

function Unsent({ rows }: { rows: readonly Entry[] }) {
  const { rows: waiting, since } = unsent.value
  if (!waiting || since === null) return <Notice kind="good">{t('queue.none')}</Notice>
  return (
    <section class="stack">
      <Notice icon="clock">{t('queue.what', { n: rows.length, age: ageText(since) })} {queueWords()}</Notice>
      {trouble.value && <Notice kind="warn" live="polite">{t('queue.trouble')} {known(trouble.value) ? t(`refusal.${trouble.value}`) : ''}</Notice>}
      <SendNow />
      <ul class="list">{rows.map((entry) => <li key={entry.seq}><Row entry={entry} /></li>)}</ul>
    </section>
  )
}

function Row({ entry }: { entry: Entry }) {
  return (
    <button type="button" class="list-item" onClick={() => { screen.value = { name: 'payment', seq: entry.seq } }}>
      <span class="row-time">{timeText(entry.at)}</span>
      <span class="grow">{programmeName(entry.prg)}</span>
      <strong class="row-amount"><Units amount={entry.amount} cur={entry.cur} /></strong>
      <Icon name="forward" size={20} />
    </button>
  )
}

/** Of each: what was found, what that means for the shop, what to do. */
function Cases() {
  if (!cases.value.length) return null
  return (
    <section class="stack">
      <h2>{t('cases.title')}</h2>
      <p>{t('cases.what')}</p>
      <ul class="stack cases">{cases.value.map((each) => <li key={each.id} class="card"><OneCase of={each} /></li>)}</ul>
    </section>
  )
}

/** What an open case means for the shop: what is held is decided later, and of nothing nothing is missed. */
const meaning = ({ code, amount }: Case): 'held' | 'open' | 'nothing' => (looksAtIt(code) ? 'held' : amount ? 'open' : 'nothing')

function OneCase({ of }: { of: Case }) {
  const { code, amount, cur, prg, at, state } = of
  const open = state === 'open' ? meaning(of) : null
  return (
    <>
      <p class="case-head">
        <span>{shortDay(at, serverNow(), language.value)}, {clockTime(at, language.value)} · {programmeName(prg)}</span>
        <strong class="row-amount"><Units amount={amount} cur={cur} /></strong>
      </p>
      {known(code) && <p>{t(`refusal.${code}`)}</p>}
      <p class={state === 'open' ? 'remark remark-warn' : 'remark'}><Icon name={state === 'paid' ? 'check' : state === 'open' ? 'clock' : 'info'} size={20} />{t(open ? `cases.${open}` : amount ? `cases.${state}` : 'cases.nothing.closed')}</p>
      {open && <p class="soft">{t(`cases.${open}.todo`)}</p>}
    </>
  )
}

