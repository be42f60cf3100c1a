import { t } from '../i18n.ts'
import { KEYS, type Key } from '../keypad.ts'

const NAMES = { clear: ['amount.clear.key', 'amount.clear'], back: ['pin.back.key', 'pin.back'] } as const
const nameOf = (key: Key): (typeof NAMES)['clear' | 'back'] | null => (key === 'clear' || key === 'back' ? NAMES[key] : null)

/** A phone's keypad order, the same in every language and direction. */
export function Keypad({ onKey, keys = KEYS }: { onKey: (key: Key) => void; keys?: readonly Key[] }) {
  return (
    <section class="keypad" aria-label={t('amount.keypad')} dir="ltr">
      {keys.map((key) => {
        const name = nameOf(key)
        return (
          <button key={key} type="button" class={name ? 'key key-clear' : 'key'} onClick={() => onKey(key)} aria-label={name ? t(name[1]) : undefined}>
            {name ? t(name[0]) : key}
          </button>
        )
      })}
    </section>
  )
}
