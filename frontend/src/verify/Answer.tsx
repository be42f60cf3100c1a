import type { ComponentChildren } from 'preact'
import { toHex } from '../core/bytes.ts'
import { formatMoney } from '../core/money.ts'
import type { LogReceipt, Said, Verified } from '../core/log/receipt.ts'
import { longDay } from '../ui/dates.ts'
import { Notice } from '../ui/Notice.tsx'
import { SaveProof } from '../ui/SaveProof.tsx'
import type { Failure } from './failure.ts'
import { fundName } from './funds.ts'
import { language, t } from './i18n.ts'
import { pathOfLog } from './log.ts'
import type { Answer } from './receipt.ts'

/** One sentence first; what was reckoned is folded under it. */
export function ReceiptAnswer({ answer }: { answer: Answer }) {
  if (answer.kind === 'proved') return <Proved verified={answer.verified} receipt={answer.receipt} />
  if (answer.kind === 'unreadable') return <Told kind="warn" words={t('unreadable')} why={answer.why} />
  if (answer.kind === 'not_there') return <Told kind="warn" words={t('not_there')} />
  return <Failed failure={answer} differs={t('differs')} />
}

/** A check that stopped half-way; `differs` says what it means when the log does not hold. */
export function Failed({ failure, differs }: { failure: Failure; differs: string }) {
  if (failure.kind === 'differs') return <Told kind="bad" words={differs} why={failure.why} />
  return <Told kind="warn" words={t(failure.kind)} why={failure.kind === 'unreachable' ? undefined : failure.why} />
}

/** What went otherwise; `why` is the program's own sentence. */
export function Told({ kind, words, why }: { kind: 'warn' | 'bad'; words: string; why?: string | undefined }) {
  return (
    <Notice kind={kind}>
      <p><strong>{words}</strong></p>
      {why && <Fold><p lang="en">{why}</p></Fold>}
    </Notice>
  )
}

/** What was paid: by a holder, or to a shop. */
function paid(said: Said): string {
  const amount = formatMoney(said.amount)
  if (said.t === 'settled') return t('proved.settled', { amount, batch: said.batch })
  const day = longDay(Date.parse(`${said.date}T12:00:00Z`) / 1000, language.value)
  return t(`proved.${said.kind}`, { day, amount, fund: fundName(said) })
}

function Proved({ verified: { said, index, verdict }, receipt }: { verified: Verified; receipt: LogReceipt }) {
  return (
    <Notice kind="good">
      <p><strong>{t('proved')}</strong></p>
      <p>{paid(said)}</p>
      <Fold>
        <dl>
          <Fact name={t('fact.line')}><a href={`${pathOfLog(verdict.log)}/leaves/${index}`}>{index}</a></Fact>
          <Fact name={t('fact.log')}>{verdict.log}</Fact>
          <Fact name={t('fact.root')}>{toHex(verdict.checkpoint.root)}</Fact>
          <Fact name={t('fact.witnesses')}>{[...verdict.cosigned.keys()].join(', ')}</Fact>
          <Fact name={t('fact.entry')}>{receipt.canonical}</Fact>
        </dl>
        <p>{t('signatures')}</p>
        <p><SaveProof proof={receipt} id={said.merchant} label={t('save')} /></p>
      </Fold>
    </Notice>
  )
}

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => <><dt>{name}</dt><dd class="hash">{children}</dd></>

export function Fold({ children }: { children: ComponentChildren }) {
  return <details><summary>{t('details')}</summary>{children}</details>
}
