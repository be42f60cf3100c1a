import type { ComponentChildren } from 'preact'
import { t } from './i18n.ts'

/** How something was reckoned, folded under its answer. */
export function Fold({ children }: { children: ComponentChildren }) {
  return <details class="fold"><summary>{t('check.details')}</summary><div class="stack">{children}</div></details>
}
