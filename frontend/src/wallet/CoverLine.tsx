import { useEffect } from 'preact/hooks'
import type { CoverFound } from '../store/wallet.ts'
import { serverNow } from '../store/clock.ts'
import { checkCover, coverFound } from '../sync/cover.ts'
import { snapshot } from '../sync/wallet.ts'
import { Icon, Notice } from '../ui/index.ts'
import { shortDay } from '../ui/dates.ts'
import { SaveFile } from '../ui/SaveFile.tsx'
import { Fold } from './Fold.tsx'
import { language, t } from './i18n.ts'
import { Call } from './words.tsx'

/** One sentence: the holder's money is there, and this phone checked it. Nothing while there is nothing to say. */
export function CoverLine() {
  useEffect(() => void checkCover(), [snapshot.value?.readAt])
  const found = coverFound.value
  if (!found || found.kind === 'empty') return null
  return found.kind === 'bad' ? <Doubt found={found} /> : <There found={found} />
}

function There({ found }: { found: CoverFound }) {
  const day = shortDay(found.at, serverNow(), language.value).replaceAll(' ', '\u00a0')
  return found.kind === 'good'
    ? <p class="cover cover-good"><Icon name="check" /><span>{t('cover.good', { day })}</span></p>
    : <p class="cover"><Icon name="info" /><span>{t('cover.short', { day })}</span></p>
}

function Doubt({ found }: { found: Extract<CoverFound, { kind: 'bad' }> }) {
  return (
    <Notice kind="warn" live="polite">
      <p><strong>{t('cover.bad')}</strong></p>
      <p>{t('cover.bad.todo')}</p>
      <Call />
      <SaveFile text={found.evidence} name="meedoen-dekking.json" label={t('check.save')} />
      <Fold><p lang="en">{found.why}</p></Fold>
    </Notice>
  )
}
