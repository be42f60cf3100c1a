import { useState } from 'preact/hooks'
import { Button, Icon, Screen } from '../../ui/index.ts'
import type { Entry } from '../../store/till.ts'
import { givePin, stopPin } from '../flow.ts'
import { t } from '../i18n.ts'
import { checking } from '../model.ts'
import { usePersonKeys } from '../scans.ts'
import { Bar } from '../parts/Bar.tsx'
import { Keypad } from '../parts/Keypad.tsx'
import { BigUnits } from '../parts/Units.tsx'

const LEAST = 4
const MOST = 6

/** The customer types the PIN of a card. The digits are never shown, never stored, and in no record. */
export function PinScreen({ entry, left, wrong }: { entry: Entry; left: number | null; wrong: boolean }) {
  const [pin, setPin] = useState('')
  const [short, setShort] = useState(false)
  const type = (key: string): void => {
    setShort(false)
    if (key === 'clear') setPin('')
    else if (key === 'back') setPin(pin.slice(0, -1))
    else if (/^\d$/.test(key) && pin.length < MOST) setPin(pin + key)
  }
  const give = (): void => {
    setShort(pin.length < LEAST)
    if (pin.length >= LEAST) void givePin(entry, pin)
  }
  usePersonKeys(({ key, target }) => {
    if (key === 'Enter' && !(target instanceof HTMLButtonElement)) give()
    else if (key !== 'Enter') type(key === 'Backspace' ? 'back' : key === 'Delete' ? 'clear' : key)
  })
  return (
    <Screen title={t('pin.title')} side={<Bar />} class="till till-pin">
      <div class="pin-side">
        <BigUnits amount={entry.amount} cur={entry.cur} />
        <p class="todo">{t('pin.who')}</p>
        {wrong && <p class="field-error" role="alert"><Icon name="warning" /><span>{t('refusal.pin_wrong')} {left === null ? t('todo.pin_wrong') : t('pin.left', { n: left })}</span></p>}
        {short && <p class="field-error" role="alert"><Icon name="warning" /><span>{t('pin.short')}</span></p>}
        <output class="pin-dots" aria-label={t('pin.typed', { n: pin.length })}>{'●'.repeat(pin.length) || '\u00a0'}</output>
      </div>
      <Keypad keys={PIN_KEYS} onKey={type} />
      <div class="pin-go">
        <Button kind="primary" wide icon="check" busy={checking.value} onClick={give}>{t('pin.give')}</Button>
        <Button wide onClick={() => void stopPin(entry)}>{t('next.stop')}</Button>
      </div>
    </Screen>
  )
}

const PIN_KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'clear', '0', 'back'] as const
