import { useEffect, useState } from 'preact/hooks'
import { Button, Field, Logo, Screen } from '../../ui/index.ts'
import { cleanCode, isWhole } from '../../core/code.ts'
import { enrol } from '../enrol.ts'
import { newSale } from '../flow.ts'
import { has, t } from '../i18n.ts'
import { screen, till } from '../model.ts'
import { Languages } from '../parts/Languages.tsx'

/** What went wrong, and what to do now. */
function sentence(problem: string): string {
  if (problem === 'offline') return t('enrol.network')
  if (problem === 'storage' || problem === 'bundle' || problem === 'unsent') return t(`enrol.${problem}`)
  const keys = [`refusal.${problem}`, `todo.${problem}`]
  return keys.filter(has).map((key) => t(key)).join(' ') || t('refusal.unavailable')
}

/** `linked` is the code of the link that opened this page: it is used at once. */
export function EnrolScreen({ linked }: { linked: string | null }) {
  const [text, setText] = useState(linked ?? '')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const connect = async (): Promise<void> => {
    if (busy) return
    if (!isWhole(text)) return setError(t('enrol.short'))
    setError(null)
    setBusy(true)
    const problem = await enrol(cleanCode(text))
    setBusy(false)
    if (problem === null) newSale()
    else setError(sentence(problem))
  }
  useEffect(() => { if (linked) void connect() }, [])
  const back = till.value ? { back: { label: t('back'), go: () => { screen.value = { name: 'settings' } } } } : {}
  return (
    <Screen title={t('enrol.title')} class="till till-enrol" {...back}>
      <Logo size={112} />
      <p>{till.value ? t('enrol.again.text', { shop: till.value.merchant.name }) : t('enrol.intro')}</p>
      <form class="stack" noValidate onSubmit={(event) => { event.preventDefault(); void connect() }}>
        <Field
          label={t('enrol.label')} hint={t('enrol.hint')} error={error} value={text} onValue={setText}
          input={{ autoComplete: 'off', autoCapitalize: 'characters', spellcheck: false, maxLength: 20, class: 'code-field' }}
        />
        <Button kind="primary" wide type="submit" busy={busy}>{t('enrol.button')}</Button>
      </form>
      <Languages />
    </Screen>
  )
}
