import { useEffect, useState } from 'preact/hooks'
import { Button } from '../ui/Button.tsx'
import { t } from './i18n.ts'
import { text } from './log.ts'
import { Receipt } from './Receipt.tsx'
import { WholeLog } from './WholeLog.tsx'

/** `log` is the path of the log that takes lines now. */
export function Verify({ log }: { log: string }) {
  const [policy, setPolicy] = useState('')
  const load = (): void => { text(`${log}/policy`).then(setPolicy, () => undefined) }
  useEffect(load, [log])
  // Asked for again when it did not come: everything rests on it.
  const trusted = async (): Promise<string> => policy || text(`${log}/policy`).catch(() => '')
  return (
    <>
      <Receipt trusted={trusted} />
      <WholeLog log={log} trusted={trusted} />
      <section>
        <details>
          <summary>{t('policy')}</summary>
          <p id="policy-text">{t('policy.text')}</p>
          <label for="policy">{t('policy.label')}</label>
          <textarea id="policy" class="code" rows={6} spellcheck={false} aria-describedby="policy-text" value={policy} onInput={(event) => setPolicy(event.currentTarget.value)} />
        </details>
      </section>
    </>
  )
}

/** A button that says that it is busy. */
export function Go({ busy, words, onClick }: { busy: boolean; words: string; onClick: () => void }) {
  return <Button kind="primary" busy={busy} onClick={onClick}>{busy ? t('receipt.busy') : words}</Button>
}
