import { useState } from 'preact/hooks'
import { reportLost } from '../../api/wallet.ts'
import { cleanCode } from '../../core/code.ts'
import { phase, refresh } from '../../sync/wallet.ts'
import { Button, Field, Notice, Screen } from '../../ui/index.ts'
import { t } from '../i18n.ts'
import { back, replace } from '../route.ts'
import { Call, whenWords } from '../words.tsx'

const BLOCKS = /.{1,5}/g
const LONGEST = 20

const inBlocks = (typed: string): string => (cleanCode(typed).slice(0, LONGEST).match(BLOCKS) ?? []).join('-')

function sentenceFor(code: string): string {
  if (code === 'unknown_code') return t('block.unknown')
  if (code === 'rate_limited') return t('code.toomany')
  return code === 'offline' ? t('block.offline') : t('block.unavailable')
}

/** On any phone: the block code of the letter stops the phones that are lost. */
export function Block() {
  const [code, setCode] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [stoppedAt, setStoppedAt] = useState<number | null>(null)

  async function send(event: Event): Promise<void> {
    event.preventDefault()
    if (busy) return
    setError(null)
    if (!cleanCode(code)) return setError(t('block.missing'))
    setBusy(true)
    const answer = await reportLost(cleanCode(code))
    setBusy(false)
    if (answer.ok) setStoppedAt(answer.value.blocked_at)
    else setError(sentenceFor(answer.problem.code))
  }

  if (stoppedAt !== null) return <Stopped at={stoppedAt} />
  return (
    <form onSubmit={(event) => void send(event)} noValidate>
      <Screen
        title={t('block.title')} back={{ label: t('back'), go: back }}
        foot={<Button kind="primary" wide type="submit" busy={busy}>{busy ? t('code.busy') : t('block.send')}</Button>}
      >
        <p class="lead">{t('lost.money')}</p>
        <p>{t('block.what')}</p>
        <Field
          label={t('block.label')} hint={t('block.hint')} error={error} value={code} onValue={(typed) => setCode(inBlocks(typed))}
          input={{ class: 'code-input', autoComplete: 'off', autoCapitalize: 'characters', spellcheck: false }}
        />
        <section class="stack"><h2>{t('block.nocode')}</h2><p>{t('block.nocode.text')}</p><Call /></section>
      </Screen>
    </form>
  )
}

function Stopped({ at }: { at: number }) {
  // When it was this very phone, it learns so now.
  const done = (): void => {
    replace({ screen: 'home' })
    if (phase.value === 'ready') void refresh()
  }
  return (
    <Screen title={t('block.done')} foot={<Button kind="primary" wide onClick={done}>{t('paid.done')}</Button>}>
      <Notice kind="good" live="polite"><p>{t('block.done.at', { when: whenWords(at) })}</p><p>{t('block.done.letter')}</p></Notice>
      <p>{t('lost.money')}</p>
      <section class="stack"><h2>{t('more.help')}</h2><Call /></section>
    </Screen>
  )
}
