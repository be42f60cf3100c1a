import { useState } from 'preact/hooks'
import { activate } from '../../sync/wallet.ts'
import { Button, Field, Notice, Screen } from '../../ui/index.ts'
import { cleanCode, inBlocks, isWhole } from '../../core/code.ts'
import { t } from '../i18n.ts'
import { LanguagePicker } from '../LanguagePicker.tsx'
import { back, replace } from '../route.ts'
import { Call } from '../words.tsx'

function sentenceFor(problem: string): string {
  if (problem === 'unknown_code') return t('code.unknown')
  if (problem === 'rate_limited') return t('code.toomany')
  if (problem === 'offline') return t('code.offline')
  return t('code.unavailable')
}

/** The code from the letter: typed, pasted, or already here from the letter's QR. */
export function Code({ fromLetter }: { fromLetter: string }) {
  const [code, setCode] = useState(fromLetter)
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  async function send(event: Event): Promise<void> {
    event.preventDefault()
    if (busy) return
    setError(null)
    if (!isWhole(code)) return setError(cleanCode(code) ? t('code.short') : t('code.missing'))
    setBusy(true)
    const problem = await activate(cleanCode(code))
    setBusy(false)
    if (problem) setError(sentenceFor(problem.code))
    else replace({ screen: 'home' })
  }

  return (
    <form onSubmit={(event) => void send(event)} noValidate>
      <Screen
        title={t('code.title')} back={{ label: t('back'), go: back }} side={<LanguagePicker />}
        foot={<Button kind="primary" wide type="submit" busy={busy}>{busy ? t('code.busy') : t('code.send')}</Button>}
      >
        {fromLetter && <Notice kind="good">{t('code.fromletter')}</Notice>}
        <Field
          label={t('code.label')} hint={t('code.hint')} error={error} value={code} onValue={(typed) => setCode(inBlocks(typed))}
          input={{ class: 'code-input', autoComplete: 'one-time-code', autoCapitalize: 'characters', spellcheck: false }}
        />
        {error ? <Call /> : <p class="soft">{t('code.once')}</p>}
      </Screen>
    </form>
  )
}
