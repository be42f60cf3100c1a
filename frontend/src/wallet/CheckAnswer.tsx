import { toHex } from '../core/bytes.ts'
import type { LogReceipt, Verified } from '../core/log/receipt.ts'
import type { Check } from '../sync/verify.ts'
import { Notice } from '../ui/index.ts'
import { Fold, SaveEvidence } from './Evidence.tsx'
import { t } from './i18n.ts'
import { Call, whenWords } from './words.tsx'

/** One sentence first; what was reckoned is folded under it. */
export function CheckAnswer({ check }: { check: Check }) {
  if (check.kind === 'proved') return <Proved verified={check.verified} receipt={check.receipt} />
  if (check.kind === 'not_yet') {
    return <Notice icon="clock" live="polite"><p>{check.next ? t('check.notyet.until', { when: whenWords(check.next) }) : t('check.notyet')}</p></Notice>
  }
  if (check.kind === 'unreachable') return <Notice kind="warn" icon="offline" live="polite"><p>{t('check.unreachable')}</p></Notice>
  return (
    <Notice kind="bad" live="assertive">
      <p><strong>{t('check.differs')}</strong></p>
      <Call />
      <SaveProof receipt={check.receipt} />
      <Fold><p lang="en">{check.why}</p></Fold>
    </Notice>
  )
}

function Proved({ verified, receipt }: { verified: Verified; receipt: LogReceipt }) {
  const { transfer, index, verdict } = verified
  const times = [...verdict.cosigned.values()]
  return (
    <>
      <Notice kind="good" live="polite">
        <p><strong>{t('check.proved')}</strong></p>
        <p>{t('check.witnessed', { n: verdict.cosigned.size, when: whenWords(Math.max(0, ...times)) })}</p>
      </Notice>
      <Fold>
        <dl class="facts">
          <Fact name={t('check.batch')} value={String(transfer.batch)} />
          <Fact name={t('check.leaf')} value={t('check.leaf.of', { index: index + 1, size: verdict.checkpoint.size })} />
          <Fact name={t('check.log')} value={verdict.log} />
          <Fact name={t('check.root')} value={toHex(verdict.checkpoint.root)} />
          <Fact name={t('check.witnesses')} value={[...verdict.cosigned.keys()].join(', ')} />
          <Fact name={t('check.entry')} value={receipt.canonical} />
        </dl>
        <SaveProof receipt={receipt} />
      </Fold>
    </>
  )
}

const Fact = ({ name, value }: { name: string; value: string }) => <div><dt>{name}</dt><dd class="code">{value}</dd></div>

/** The proof as a file: anybody can check it with the public audit program. */
const SaveProof = ({ receipt }: { receipt: LogReceipt }) => <SaveEvidence text={JSON.stringify(receipt)} name="meedoen-bewijs.json" />
