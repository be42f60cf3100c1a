import { useState } from 'preact/hooks'
import { toHex } from '../core/bytes.ts'
import type { LogReceipt, Transfer, Verified } from '../core/log/receipt.ts'
import type { Check } from '../sync/verify.ts'
import { snapshot } from '../sync/wallet.ts'
import { Notice } from '../ui/index.ts'
import { QrCode } from '../ui/QrCode.tsx'
import { SaveProof } from '../ui/SaveProof.tsx'
import { Fold } from './Fold.tsx'
import { t } from './i18n.ts'
import { Call, whenWords } from './words.tsx'

/** One sentence first; what was reckoned is folded under it. */
export function CheckAnswer({ check, id }: { check: Check; id: string }) {
  if (check.kind === 'proved') return <Proved verified={check.verified} receipt={check.receipt} id={id} />
  if (check.kind === 'not_yet') {
    return <Notice icon="clock" live="polite"><p>{check.next ? t('check.notyet.until', { when: whenWords(check.next) }) : t('check.notyet')}</p></Notice>
  }
  if (check.kind === 'unreachable') return <Notice kind="warn" icon="offline" live="polite"><p>{t('check.unreachable')}</p></Notice>
  return (
    <Notice kind="bad" live="assertive">
      <p><strong>{t('check.differs')}</strong></p>
      <Call />
      <SaveProof proof={check.receipt} id={id} label={t('check.save')} />
      <Fold><p lang="en">{check.why}</p></Fold>
    </Notice>
  )
}

function Proved({ verified, receipt, id }: { verified: Verified<Transfer>; receipt: LogReceipt; id: string }) {
  const { said, index, verdict } = verified
  const times = [...verdict.cosigned.values()]
  return (
    <>
      <Notice kind="good" live="polite">
        <p><strong>{t('check.proved')}</strong></p>
        <p>{t('check.witnessed', { n: verdict.cosigned.size, when: whenWords(Math.max(0, ...times)) })}</p>
      </Notice>
      <Fold>
        <dl class="facts">
          <Fact name={t('check.batch')} value={String(said.batch)} />
          <Fact name={t('check.leaf')} value={t('check.leaf.of', { index, size: verdict.checkpoint.size })} />
          <Fact name={t('check.log')} value={verdict.log} />
          <Fact name={t('check.root')} value={toHex(verdict.checkpoint.root)} />
          <Fact name={t('check.witnesses')} value={[...verdict.cosigned.keys()].join(', ')} />
          <Fact name={t('check.entry')} value={receipt.canonical} />
        </dl>
        <SaveProof proof={receipt} id={id} label={t('check.save')} />
        <ShowLink receipt={receipt} />
      </Fold>
    </>
  )
}

const Fact = ({ name, value }: { name: string; value: string }) => <div><dt>{name}</dt><dd class="code">{value}</dd></div>

/** The payment's text and salt as a link to the page of the public log that checks it, and as a code for another phone. */
function ShowLink({ receipt }: { receipt: LogReceipt }) {
  const [link, setLink] = useState<string | null>(null)
  const home = snapshot.value?.state.log.url
  const make = async (): Promise<void> => {
    const { writeOpening } = await import('../core/log/opening.ts')
    setLink(new URL(`/log/verify#${writeOpening(receipt)}`, home).href)
  }
  if (!home) return null
  return (
    <details class="fold" onToggle={() => void make()}>
      <summary>{t('check.link')}</summary>
      {link && (
        <div class="stack">
          <p>{t('check.link.text')}</p>
          <QrCode text={link} encoding="byte" label={t('check.link')} />
          <a class="button button-secondary" href={link} target="_blank" rel="noreferrer">{t('check.link.open')}</a>
        </div>
      )}
    </details>
  )
}
