import { useState } from 'preact/hooks'
import type { Policy } from '../core/log/policy.ts'
import { clockTime, longDay } from '../ui/dates.ts'
import { Notice } from '../ui/Notice.tsx'
import { Failed, Fold, Told } from './Answer.tsx'
import { language, t } from './i18n.ts'
import { Go } from './Verify.tsx'
import { addUp, ownMemory, type Seen, type Whole } from './whole.ts'

/** Everything, added up by this browser. */
export function WholeLog({ log, trusted }: { log: string; trusted: () => Promise<Policy> }) {
  const [part, setPart] = useState<number | null>(null)
  const [whole, setWhole] = useState<Whole | null>(null)
  const go = async (): Promise<void> => {
    if (part !== null) return
    setWhole(null)
    setPart(0)
    setWhole(await addUp(log, trusted, ownMemory, Date.now(), setPart))
    setPart(null)
  }
  return (
    <section>
      <h2>{t('whole.title')}</h2>
      <p>{t('whole.text')}</p>
      <Go busy={part !== null} words={t('whole.check')} onClick={() => void go()} />
      {part !== null && <p class="note">{t('whole.progress', { n: Math.round(part * 100) })}</p>}
      <div role="status">{whole && <WholeAnswer whole={whole} />}</div>
    </section>
  )
}

const when = ({ at }: Seen): string => `${longDay(at / 1000, language.value)}, ${clockTime(at / 1000, language.value)}`

function WholeAnswer({ whole }: { whole: Whole }) {
  if (whole.kind === 'rewritten') return <Told kind="bad" words={t('whole.rewritten', { when: when(whole.before) })} why={`${whole.before.size} leaves, root ${whole.before.root}`} />
  if (whole.kind !== 'fits') return <Failed failure={whole} differs={t('whole.differs')} />
  return (
    <Notice kind="good">
      <p><strong>{t('whole.fits', { n: whole.size })}</strong></p>
      <p>{t('whole.signed', { n: whole.witnesses })} {whole.before ? t('whole.before', { when: when(whole.before) }) : t('whole.first')}</p>
      <Fold><dl><dt>{t('fact.root')}</dt><dd class="hash">{whole.root}</dd></dl><p>{t('signatures')}</p></Fold>
    </Notice>
  )
}
