import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { State } from '../../api/wallet.ts'
import { activity, online, refresh, snapshot, vouchers } from '../../sync/wallet.ts'
import { update } from '../../ui/update.ts'
import { Button, Logo, Notice, Screen } from '../../ui/index.ts'
import { longDay } from '../../ui/dates.ts'
import { language, t } from '../i18n.ts'
import { PaymentList } from '../PaymentList.tsx'
import { PotCards } from '../PotCards.tsx'
import { go } from '../route.ts'
import { Call, PassNumber, whenWords } from '../words.tsx'

const SHORT_LIST = 4

/** The pots, and what was paid last. Opens from what the phone knows; the server's word follows. */
export function Home() {
  const known = snapshot.value
  if (!known) return null
  const { holder, helping } = known.state
  return (
    <Screen class="home" title={helping ? t('helping.title', { name: helping.name }) : t('home.title', { name: holder.name })} side={<HomeSide />}>
      {helping ? <Helping helping={helping} /> : <p class="soft pass-number">{t('pass.number')} <PassNumber of={holder.number} /></p>}
      {update.value && <Notice live="polite" icon="refresh"><p>{t('update.ready')}</p><Button onClick={update.value}>{t('update.open')}</Button></Notice>}
      {!online.value && <Notice kind="warn" icon="offline" live="polite">{t('home.offline')}</Notice>}
      <PotCards vouchers={vouchers.value} />
      {vouchers.value.length === 0 && <Notice><p>{t('home.nopots')}</p><Call /></Notice>}
      <CoverLater />
      <section class="stack">
        <h2>{t('home.last')}</h2>
        <PaymentList items={activity.value.slice(0, SHORT_LIST)} />
        {activity.value.length > SHORT_LIST && <Button kind="quiet" onClick={() => go({ screen: 'history' })}>{t('home.all')}</Button>}
      </section>
      <Freshness at={known.readAt} />
    </Screen>
  )
}

/** A phone that pays for somebody else says so at the top, and until when. */
function Helping({ helping: { name, until } }: { helping: NonNullable<State['helping']> }) {
  return (
    <Notice icon="heart">
      {until !== null && <p><strong>{t('helping.until', { day: longDay(until - 1, language.value) })}</strong></p>}
      <p>{t('helping.text', { name })}</p>
    </Notice>
  )
}

/** Whether the money is there is its own chunk: it waits until the screen can be used. */
function CoverLater() {
  const [view, setView] = useState<{ Line: ComponentType } | null>(null)
  useEffect(() => void import('../CoverLine.tsx').then(({ CoverLine }) => setView({ Line: CoverLine }), () => undefined), [])
  return view && <view.Line />
}

function HomeSide() {
  return (
    <>
      <span class="brand"><Logo />{t('app.name')}</span>
      <Button kind="quiet" icon="more" onClick={() => go({ screen: 'more' })}>{t('more')}</Button>
    </>
  )
}

function Freshness({ at }: { at: number }) {
  return (
    <p class="row freshness">
      <span class="soft">{t('home.updated', { when: whenWords(at) })}</span>
      <Button kind="quiet" icon="refresh" onClick={() => void refresh()}>{t('home.refresh')}</Button>
    </p>
  )
}
