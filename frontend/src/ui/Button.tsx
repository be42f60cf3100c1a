import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './Icon.tsx'

type Props = {
  children: ComponentChildren
  onClick?: (event: MouseEvent) => void
  kind?: 'primary' | 'secondary' | 'quiet' | 'danger'
  icon?: IconName
  wide?: boolean
  /** True while the press is being worked on. The button stays pressable: a disabled button explains nothing. */
  busy?: boolean
  type?: 'button' | 'submit'
  label?: string
}

/** Verb and noun: "Toon code". One primary button on a screen. */
export function Button({ children, onClick, kind = 'secondary', icon, wide, busy, type = 'button', label }: Props) {
  const names = ['button', `button-${kind}`, wide ? 'button-wide' : ''].join(' ').trim()
  return (
    <button type={type} class={names} aria-busy={busy ?? false} aria-label={label} {...(onClick ? { onClick } : {})}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}
