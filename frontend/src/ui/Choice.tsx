import { useId } from 'preact/hooks'

type Props<T extends string> = { legend: string; options: readonly { value: T; label: string; lang?: string }[]; value: T; onValue: (value: T) => void }

/** One of a few: radio buttons as large targets, all visible at once. */
export function Choice<T extends string>({ legend, options, value, onValue }: Props<T>) {
  const name = useId()
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} lang={option.lang}>
          <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onValue(option.value)} />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  )
}
