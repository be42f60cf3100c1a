import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './Icon.tsx'

type Kind = 'info' | 'good' | 'warn' | 'bad'
const ICONS: Record<Kind, IconName> = { info: 'info', good: 'check', warn: 'warning', bad: 'warning' }

/** A calm message with an icon and words; never colour alone. `live` reads it out when it appears. */
export function Notice({ kind = 'info', icon, live, children }: { kind?: Kind; icon?: IconName; live?: 'polite' | 'assertive'; children: ComponentChildren }) {
  const role = live === 'assertive' ? 'alert' : live === 'polite' ? 'status' : undefined
  return (
    <div class={`notice notice-${kind}`} role={role}>
      <Icon name={icon ?? ICONS[kind]} />
      <div>{children}</div>
    </div>
  )
}
