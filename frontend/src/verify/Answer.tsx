import type { ComponentChildren } from 'preact'
import { toHex } from '../core/bytes.ts'
import { formatMoney } from '../core/money.ts'
import type { LogReceipt, Verified } from '../core/log/receipt.ts'
import { longDay } from '../ui/dates.ts'
import { Notice } from '../ui/Notice.tsx'
import { SaveProof } from '../ui/SaveProof.tsx'
import { language, t } from './i18n.ts'
import type { Answer } from './receipt.ts'

/** One sentence first; what was reckoned is folded under it. */
export function ReceiptAnswer({ answer }: { answer: Answer }) {
  if (answer.kind === 'proved') return <Proved verified={answer.verified} receipt={answer.receipt} />
  if (answer.kind === 'differs') return <Told kind="bad" words={t('differs')} why={answer.why} />
  if (answer.kind === 'unreadable') return <Told kind="warn" words={t('unreadable')} why={answer.why} />
  return <Told kind="warn" words={t(answer.kind)} />
}

/** What went otherwise; `why` is the program's own sentence. */
export function Told({ kind, words, why }: { kind: 'warn' | 'bad'; words: string; why?: string }) {
  return (
    <Notice kind={kind}>
      <p><strong>{words}</strong></p>
      {why && <Fold><p lang="en">{why}</p></Fold>}
    </Notice>
  )
}

function Proved({ verified: { transfer, index, verdict }, receipt }: { verified: Verified; receipt: LogReceipt }) {
  const day = longDay(Date.parse(`${transfer.date}T12:00:00Z`) / 1000, language.value)
  const words = { day, amount: formatMoney(transfer.amount), fund: t('fund', { code: transfer.fund }) }
  return (
    <Notice kind="good">
      <p><strong>{t('proved')}</strong></p>
      <p>{t(`proved.${transfer.kind}`, words)}</p>
      <Fold>
        <dl>
          <Fact name={t('fact.line')}><a href={`${verdict.log.slice(verdict.log.indexOf('/'))}/leaves/${index}`}>{index}</a></Fact>
          <Fact name={t('fact.log')}>{verdict.log}</Fact>
          <Fact name={t('fact.root')}>{toHex(verdict.checkpoint.root)}</Fact>
          <Fact name={t('fact.witnesses')}>{[...verdict.cosigned.keys()].join(', ')}</Fact>
          <Fact name={t('fact.entry')}>{receipt.canonical}</Fact>
        </dl>
        <p><SaveProof proof={receipt} id={transfer.merchant} label={t('save')} /></p>
      </Fold>
    </Notice>
  )
}

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => <><dt>{name}</dt><dd class="hash">{children}</dd></>

export function Fold({ children }: { children: ComponentChildren }) {
  return <details><summary>{t('details')}</summary>{children}</details>
}
