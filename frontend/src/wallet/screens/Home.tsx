import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Voucher } from '../../api/wallet.ts'
import { serverNow } from '../../store/clock.ts'
import { activity, online, refresh, snapshot, vouchers } from '../../sync/wallet.ts'
import { update } from '../../ui/update.ts'
import { Button, Icon, isIcon, Logo, Notice, Screen } from '../../ui/index.ts'
import { longDay } from '../../ui/dates.ts'
import { language, t } from '../i18n.ts'
import { PaymentList } from '../PaymentList.tsx'
import { go } from '../route.ts'
import { Amount, Call, endsSoon, potName, untilWords, whenWords } from '../words.tsx'

const SHORT_LIST = 4

const isUsable = (voucher: Voucher): boolean => voucher.balance > 0 && !voucher.suspended && voucher.valid_from <= serverNow() && !isOver(voucher)
const isOver = ({ valid_until }: Voucher): boolean => serverNow() >= valid_until

/** The pots, and what was paid last. Opens from what the phone knows; the server's word follows. */
export function Home() {
  const known = snapshot.value
  if (!known) return null
  const { holder } = known.state
  const filled = vouchers.value.filter(isUsable)
  const empty = vouchers.value.filter((voucher) => !isUsable(voucher) && !isOver(voucher))
  return (
    <Screen class="home" title={t('home.title', { name: holder.name })} side={<HomeSide />}>
      <p class="soft pass-number">{t('pass.number')} <bdi>{holder.number}</bdi></p>
      {update.value && <Notice live="polite" icon="refresh"><p>{t('update.ready')}</p><Button onClick={update.value}>{t('update.open')}</Button></Notice>}
      {!online.value && <Notice kind="warn" icon="offline" live="polite">{t('home.offline')}</Notice>}
      <section class="stack" aria-label={t('home.pots')}>
        {filled.map((voucher) => <Pot key={voucher.id} voucher={voucher} />)}
        {empty.map((voucher) => <EmptyPot key={voucher.id} voucher={voucher} />)}
        {vouchers.value.length === 0 && <Notice><p>{t('home.nopots')}</p><Call /></Notice>}
      </section>
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

function Pot({ voucher }: { voucher: Voucher }) {
  const { id, icon, balance, currency } = voucher
  const programme = potName(voucher)
  return (
    <article class={`card pot pot-${voucher.prg % 4}`}>
      <div class="pot-head">
        <span class="blob"><Icon name={isIcon(icon) ? icon : 'purse'} size={28} /></span>
        <h2>{programme}</h2>
      </div>
      <p class="pot-left"><span>{t('pot.still')}</span> <strong><Amount of={balance} currency={currency} /></strong></p>
      <p class={endsSoon(voucher) ? 'pot-until pot-soon' : 'pot-until'}>{endsSoon(voucher) && <Icon name="clock" size={20} />}<span>{untilWords(voucher)}</span></p>
      <Button kind="primary" icon="qr" wide onClick={() => go({ screen: 'pay', voucher: id })}>
        {t('pot.show')}<span class="hidden"> {t('pot.of', { programme })}</span>
      </Button>
    </article>
  )
}

/** Nothing to spend here now, and why. */
function EmptyPot({ voucher }: { voucher: Voucher }) {
  return (
    <article class="card pot-empty">
      <h2>{potName(voucher)}</h2>
      <p>{voucher.suspended ? t('pot.suspended') : voucher.balance <= 0 ? t('pot.empty') : t('pot.starts', { day: longDay(voucher.valid_from, language.value) })}</p>
    </article>
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
