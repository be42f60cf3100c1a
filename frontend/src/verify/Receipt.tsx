import { useEffect, useRef, useState } from 'preact/hooks'
import type { Policy } from '../core/log/policy.ts'
import { Button } from '../ui/Button.tsx'
import { ReceiptAnswer } from './Answer.tsx'
import { t } from './i18n.ts'
import { checkReceipt, type Answer } from './receipt.ts'
import { Scan } from './Scan.tsx'
import { Go } from './Verify.tsx'
import { Whose } from './Whose.tsx'

const MOST_BYTES = 100_000

/** A proof that is pasted, dropped, chosen, scanned, or in the link that opened this page. */
export function Receipt({ trusted }: { trusted: () => Promise<Policy> }) {
  const [given, setGiven] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [answer, setAnswer] = useState<Answer | null>(null)
  const [busy, setBusy] = useState(false)
  const [scanning, setScanning] = useState(false)
  const check = async (proof: string): Promise<void> => {
    if (busy) return
    setGiven(proof)
    setScanning(false)
    setAnswer(null)
    setError(proof.trim() ? null : t('receipt.empty'))
    if (!proof.trim()) return
    setBusy(true)
    setAnswer(await checkReceipt(proof, trusted))
    setBusy(false)
  }
  const open = (file: File | undefined): void => {
    if (file && file.size > MOST_BYTES) setError(t('receipt.big'))
    else void file?.text().then(check)
  }
  useEffect(() => {
    if (location.hash.length > 1) void check(location.hash)
  }, [])
  return (
    <section onDragOver={(event) => event.preventDefault()} onDrop={(event) => { event.preventDefault(); open(event.dataTransfer?.files[0]) }}>
      <h2>{t('receipt.title')}</h2>
      <p>{t('receipt.text')}</p>
      <Given value={given} onValue={setGiven} error={error} />
      <div class="actions">
        <Go busy={busy} words={t('receipt.check')} onClick={() => void check(given)} />
        <FileButton open={open} />
        {!scanning && <Button icon="camera" onClick={() => setScanning(true)}>{t('receipt.scan')}</Button>}
      </div>
      {scanning && <Scan onText={(text) => void check(text)} stop={() => setScanning(false)} />}
      <div role="status">{answer && <ReceiptAnswer answer={answer} />}</div>
      {answer?.kind === 'proved' && answer.verified.said.t === 'settled' && <Whose receipt={answer.receipt} muni={answer.verified.said.muni} />}
    </section>
  )
}

function Given({ value, onValue, error }: { value: string; onValue: (value: string) => void; error: string | null }) {
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (error) field.current?.focus()
  }, [error])
  return (
    <>
      <label for="given">{t('receipt.label')}</label>
      <p class="note" id="given-hint">{t('receipt.drop')}</p>
      {error && <p class="waits" id="given-error" role="alert">{error}</p>}
      <textarea
        id="given" ref={field} class="code" rows={4} spellcheck={false} autocomplete="off" value={value} aria-invalid={error ? true : undefined}
        aria-describedby={error ? 'given-hint given-error' : 'given-hint'} onInput={(event) => onValue(event.currentTarget.value)}
      />
    </>
  )
}

function FileButton({ open }: { open: (file: File | undefined) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button onClick={() => input.current?.click()}>{t('receipt.file')}</Button>
      <input ref={input} type="file" hidden aria-label={t('receipt.file')} accept=".json,application/json" onChange={(event) => open(event.currentTarget.files?.[0])} />
    </>
  )
}
