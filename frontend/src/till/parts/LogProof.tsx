import { useEffect, useState } from 'preact/hooks'
import { getProof } from '../../api/till.ts'
import type { LogReceipt } from '../../core/log/receipt.ts'
import { serverNow } from '../../store/clock.ts'
import { clockTime, shortDay } from '../../ui/dates.ts'
import { Button, Icon, Notice } from '../../ui/index.ts'
import { SaveProof } from '../../ui/SaveProof.tsx'
import { heardFrom } from '../connection.ts'
import { language, t } from '../i18n.ts'
import { askLogged, logged, nextBatch } from '../logged.ts'
import { till } from '../model.ts'
import type { Payment } from '../today.ts'

/** Is a payment in the public log? Then the shop can keep the proof as a file. */
export function LogProof({ payment }: { payment: Payment }) {
  const id = payment.entry.redemption
  useEffect(() => void askLogged([payment]), [id])
  if (!id) return null
  return (
    <section class="stack">
      <h2>{t('log.title')}</h2>
      {logged.value.has(id) ? <Keep id={id} /> : <p>{nextBatch.value ? t('log.wait.until', { when: when(nextBatch.value) }) : t('log.wait')}</p>}
    </section>
  )
}

const when = (at: number): string => `${shortDay(at, serverNow(), language.value)}, ${clockTime(at, language.value)}`

function Keep({ id }: { id: string }) {
  const [proof, setProof] = useState<LogReceipt | null>(null)
  const [busy, setBusy] = useState(false)
  const [missed, setMissed] = useState(false)
  const get = async (): Promise<void> => {
    if (busy || !till.value) return
    setBusy(true)
    const answer = heardFrom(await getProof(till.value.key, id))
    setProof(answer.ok ? answer.value : null)
    setMissed(!answer.ok)
    setBusy(false)
  }
  return (
    <>
      <p class="row"><Icon name="book" />{t('log.in')}</p>
      <p>{t('log.what')}</p>
      {missed && <Notice kind="warn" live="polite">{t('log.missed')}</Notice>}
      {proof ? <SaveProof proof={proof} id={id} label={t('log.save')} /> : <Button icon="book" busy={busy} onClick={() => void get()}>{t('log.get')}</Button>}
    </>
  )
}
