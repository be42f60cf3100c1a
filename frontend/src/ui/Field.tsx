import type { ComponentChildren, InputHTMLAttributes } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from './Icon.tsx'

/** What a field may set on its input. No `type=number`: some keypads lack the comma. */
type InputSettings = {
  type?: 'text' | 'tel' | 'password'
  inputMode?: 'text' | 'numeric' | 'tel'
  autoComplete?: string
  autoCapitalize?: 'none' | 'characters'
  maxLength?: number
  spellcheck?: boolean
  class?: string
  onPaste?: (event: ClipboardEvent) => void
}

type Props = {
  label: string
  hint?: string
  /** What to do now. Shown beside the input, read with it, and focus moves to the input. */
  error?: string | null
  value: string
  onValue: (value: string) => void
  input?: InputSettings
  children?: ComponentChildren
}

/** Label above, hint under it, error next to the thing. The typed text is never cleared. */
export function Field({ label, hint, error, value, onValue, input, children }: Props) {
  const id = useId()
  const ref = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    if (error) ref.current?.focus()
  }, [error])
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div class={error ? 'field field-bad' : 'field'}>
      <label for={id}>{label}</label>
      {hint && <p class="soft" id={`${id}-hint`}>{hint}</p>}
      {error && <p class="field-error" id={`${id}-error`} role="alert"><Icon name="warning" /><span>{error}</span></p>}
      <input
        {...(input as InputHTMLAttributes<HTMLInputElement>)} id={id} ref={ref} value={value} onInput={(event) => onValue(event.currentTarget.value)}
        aria-invalid={error ? true : undefined} aria-describedby={described || undefined}
      />
      {children}
    </div>
  )
}
