import { useEffect, useMemo } from 'preact/hooks'
import { Button } from '../ui/Button.tsx'
import { t } from './i18n.ts'
import { Receipt } from './Receipt.tsx'
import { makeTrust, type Trust } from './trust.ts'
import { WholeLog } from './WholeLog.tsx'

/** `log` is the path of the log that takes lines now. */
export function Verify({ log }: { log: string }) {
  const trust = useMemo(() => makeTrust(log), [log])
  useEffect(() => void trust.load(), [trust])
  return (
    <>
      <Receipt trusted={trust.policy} />
      <WholeLog log={log} trusted={trust.policy} />
      <section><Whom trust={trust} /></section>
    </>
  )
}

function Whom({ trust }: { trust: Trust }) {
  return (
    <details>
      <summary>{t('policy')}</summary>
      <p id="policy-text">{t('policy.text')}</p>
      <label for="policy">{t('policy.label')}</label>
      <textarea
        id="policy" class="code" rows={6} spellcheck={false} aria-describedby="policy-text" value={trust.shown.value}
        onInput={(event) => trust.type(event.currentTarget.value)} onBlur={trust.leave}
      />
    </details>
  )
}

/** A button that says that it is busy. */
export function Go({ busy, words, onClick }: { busy: boolean; words: string; onClick: () => void }) {
  return <Button kind="primary" busy={busy} onClick={onClick}>{busy ? t('receipt.busy') : words}</Button>
}
