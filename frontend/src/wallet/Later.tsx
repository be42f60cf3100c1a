import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Notice, Screen } from '../ui/index.ts'
import { t } from './i18n.ts'
import { back } from './route.ts'

/** A screen that is its own chunk, as most people never open it. The service worker fetches it beforehand. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  return function Later(props: Props) {
    const [found, setFound] = useState<{ View: ComponentType<Props> } | null>(null)
    const [failed, setFailed] = useState(false)
    useEffect(() => void load().then((View) => setFound({ View }), () => setFailed(true)), [])
    if (failed) return <Screen title={t('app.name')} back={{ label: t('back'), go: back }}><Notice kind="warn" icon="offline">{t('later.failed')}</Notice></Screen>
    return found && <found.View {...props} />
  }
}
