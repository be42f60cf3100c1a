import type { ComponentChildren } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { t } from './i18n.ts'

/** How something was reckoned, folded under its answer. */
export function Fold({ children }: { children: ComponentChildren }) {
  return <details class="fold"><summary>{t('check.details')}</summary><div class="stack">{children}</div></details>
}

/** What was checked, as a file to keep and to show to others. */
export function SaveEvidence({ text, name }: { text: string; name: string }) {
  const url = useMemo(() => URL.createObjectURL(new Blob([text], { type: 'application/json' })), [text])
  useEffect(() => () => URL.revokeObjectURL(url), [url])
  return <a class="button button-secondary" href={url} download={name}>{t('check.save')}</a>
}
