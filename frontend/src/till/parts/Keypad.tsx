import { t } from '../i18n.ts'
import { KEYS, type Key } from '../keypad.ts'

const word = (key: Key): string => (key === 'clear' ? t('amount.clear.key') : key)

/** A phone's keypad order, the same in every language and direction. */
export function Keypad({ onKey }: { onKey: (key: Key) => void }) {
  return (
    <section class="keypad" aria-label={t('amount.keypad')} dir="ltr">
      {KEYS.map((key) => (
        <button
          key={key} type="button" class={key === 'clear' ? 'key key-clear' : 'key'} onClick={() => onKey(key)}
          aria-label={key === 'clear' ? t('amount.clear') : undefined}
        >
          {word(key)}
        </button>
      ))}
    </section>
  )
}
