import { Button, Icon, Notice, Screen } from '../../ui/index.ts'
import { formatMoney } from '../../core/money.ts'
import { openScan } from '../flow.ts'
import { t } from '../i18n.ts'
import { keyFor, MAX_CENTS, press, step, type Key } from '../keypad.ts'
import { cents, cur, hint, programmeName, sale, takesMoney, takesNothing, ticketProgrammes, tickets, ticketsOf } from '../model.ts'
import { usePersonKeys } from '../scans.ts'
import { Bar } from '../parts/Bar.tsx'
import { Keypad } from '../parts/Keypad.tsx'
import { BigUnits } from '../parts/Units.tsx'
import { AmountNotices } from './AmountNotices.tsx'

function type(key: Key): void {
  const next = press(cents.value, key)
  hint.value = next === null ? t('amount.over', { max: formatMoney(MAX_CENTS) }) : null
  if (next !== null) cents.value = next
}

function go(): void {
  hint.value = sale.value.amount ? null : t('amount.zero')
  if (sale.value.amount) openScan()
}

/** Digits, Backspace and Enter of a keyboard; a focused button keeps its own Enter. */
function useKeys(): void {
  usePersonKeys((event) => {
    const key = ticketsOf.value === null ? keyFor(event.key) : null
    if (key) type(key)
    else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) go()
  })
}

export function AmountScreen() {
  useKeys()
  return (
    <Screen title={t('amount.title')} quietTitle side={<Bar buttons />} class="till till-amount">
      <div class="amount-display">
        <BigUnits amount={sale.value.amount} cur={cur.value} live />
        <p class="amount-hint" role="alert">{hint.value}</p>
      </div>
      <div class="amount-side">
        <Chooser />
        {takesNothing.value && <Notice kind="warn">{t('amount.none')}</Notice>}
        <AmountNotices />
      </div>
      {ticketsOf.value === null ? <Keypad onKey={type} /> : <Stepper />}
      <div class="amount-go"><Button kind="primary" icon="qr" wide onClick={go}>{t('amount.scan')}</Button></div>
    </Screen>
  )
}

function choose(prg: number | null): void {
  ticketsOf.value = prg
  tickets.value = 1
  hint.value = null
}

/** Only shops that take tickets have something to choose. */
function Chooser() {
  const programmes = ticketProgrammes.value
  if (!programmes.length) return null
  const choice = (prg: number | null, label: string) => (
    <label class="choice" key={prg ?? 0}>
      <input type="radio" name="what" checked={ticketsOf.value === prg} onChange={() => choose(prg)} />
      <Icon name={prg === null ? 'purse' : 'ticket'} /><span>{label}</span>
    </label>
  )
  return (
    <fieldset class="choices">
      <legend>{t('amount.what')}</legend>
      {takesMoney.value && choice(null, t('amount.money'))}
      {programmes.map(({ prg }) => choice(prg, programmeName(prg)))}
    </fieldset>
  )
}

function Stepper() {
  const ceiling = ticketProgrammes.value.find(({ prg }) => prg === ticketsOf.value)?.ceiling ?? null
  const by = (change: 1 | -1) => () => { tickets.value = step(tickets.value, change, ceiling) }
  return (
    <div class="stepper" dir="ltr">
      <button type="button" class="key" aria-label={t('amount.less')} onClick={by(-1)}>−</button>
      <output class="stepper-count">{tickets.value}</output>
      <button type="button" class="key" aria-label={t('amount.more')} onClick={by(1)}>+</button>
    </div>
  )
}
