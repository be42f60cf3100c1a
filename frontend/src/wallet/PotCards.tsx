import type { Voucher } from '../api/wallet.ts'
import { serverNow } from '../store/clock.ts'
import { daysBetween, longDay, shortDay } from '../ui/dates.ts'
import { Button, Icon, isIcon } from '../ui/index.ts'
import { language, t } from './i18n.ts'
import { groupPots, isUsable, runningOf, type Card, type Group } from './pots.ts'
import { go } from './route.ts'
import { Amount, endsSoon, potName, seriesName, untilWords } from './words.tsx'

type Title = 'h2' | 'h3'

/** All pots: one's own, and those of each other person under their name. */
export function PotCards({ vouchers }: { vouchers: readonly Voucher[] }) {
  const groups = groupPots(vouchers, serverNow())
  return <>{groups.length > 2 && <People groups={groups} />}{groups.map((group, nth) => <Person key={idOf(nth)} id={idOf(nth)} group={group} alone={groups.length === 1} />)}</>
}

const headingOf = ({ whose: { relation, name } }: Group): string => (relation === 'self' ? t('pots.own') : t('pots.of', { name }))
const idOf = (nth: number): string => `person-${nth}`

/** A family is a long list: a button for each person goes to its part. */
function People({ groups }: { groups: readonly Group[] }) {
  const jump = (nth: number): void => {
    const heading = document.getElementById(idOf(nth))
    heading?.focus({ preventScroll: true })
    heading?.scrollIntoView()
  }
  return <nav class="row" aria-label={t('pots.people')}>{groups.map((group, nth) => <Button key={idOf(nth)} onClick={() => jump(nth)}>{headingOf(group)}</Button>)}</nav>
}

function Person({ id, group, alone }: { id: string; group: Group; alone: boolean }) {
  const { whose, cards } = group
  const own = whose.relation === 'self'
  const title = own && alone ? t('home.pots') : headingOf(group)
  const named = !own || !alone
  return (
    <section class="stack" aria-label={title}>
      {named && <h2 class="person" id={id} tabIndex={-1}>{title}</h2>}
      {cards.map((card) => <OneCard key={card.kind === 'pot' ? card.voucher.id : card.name} card={card} title={named ? 'h3' : 'h2'} />)}
    </section>
  )
}

function OneCard({ card, title }: { card: Card; title: Title }) {
  if (card.kind === 'series') return <Series windows={card.windows} title={title} />
  return isUsable(card.voucher, serverNow()) ? <Pot voucher={card.voucher} title={title} /> : <EmptyPot voucher={card.voucher} title={title} />
}

function Head({ icon, name, title: Title }: { icon: string; name: string; title: Title }) {
  return (
    <div class="pot-head">
      <span class="blob"><Icon name={isIcon(icon) ? icon : 'purse'} size={28} /></span>
      <Title>{name}</Title>
    </div>
  )
}

function ShowCode({ voucher }: { voucher: Voucher }) {
  const { whose: { relation, name } } = voucher
  const programme = potName(voucher)
  return (
    <Button kind="primary" icon="qr" wide onClick={() => go({ screen: 'pay', voucher: voucher.id })}>
      {t('pot.show')}<span class="hidden"> {relation === 'self' ? t('pot.of', { programme }) : t('pot.of.whom', { programme, name })}</span>
    </Button>
  )
}

function Pot({ voucher, title }: { voucher: Voucher; title: Title }) {
  const { icon, balance, currency } = voucher
  return (
    <article class={`card pot pot-${voucher.prg % 4}`}>
      <Head icon={icon} name={potName(voucher)} title={title} />
      <p class="pot-left"><span>{t('pot.still')}</span> <strong><Amount of={balance} currency={currency} /></strong></p>
      <p class={endsSoon(voucher) ? 'pot-until pot-soon' : 'pot-until'}>{endsSoon(voucher) && <Icon name="clock" size={20} />}<span>{untilWords(voucher)}</span></p>
      <ShowCode voucher={voucher} />
    </article>
  )
}

/** Nothing to spend here now, and why. */
function EmptyPot({ voucher, title: Title }: { voucher: Voucher; title: Title }) {
  return (
    <article class="card pot-empty">
      <Title>{potName(voucher)}</Title>
      <p>{voucher.suspended ? t('pot.suspended') : voucher.balance <= 0 ? t('pot.empty') : t('pot.starts', { day: longDay(voucher.valid_from, language.value) })}</p>
    </article>
  )
}

/** Dated tickets as one card: each window with what there is in it; the one that runs now has the button. */
function Series({ windows, title }: { windows: readonly Voucher[]; title: Title }) {
  const running = runningOf(windows, serverNow())
  const first = windows[0]!
  return (
    <article class={`card pot pot-${first.prg % 4}`}>
      <Head icon={first.icon} name={seriesName(first)} title={title} />
      <ul class="windows">
        {windows.map((window) => (
          <li key={window.id} class={window === running ? 'window window-now' : 'window'}>
            <span>{windowWords(window)}</span><span>{stateWords(window)}</span>
          </li>
        ))}
      </ul>
      {running && <ShowCode voucher={running} />}
    </article>
  )
}

/** "1 juni" for a day, "1 juni t/m 30 juni" for longer. */
function windowWords({ valid_from, valid_until }: Voucher): string {
  const day = (at: number): string => shortDay(at, serverNow(), language.value)
  const last = valid_until - 1
  return daysBetween(valid_from, last) === 0 ? day(valid_from) : t('series.window', { from: day(valid_from), to: day(last) })
}

function stateWords({ balance, suspended, valid_from, valid_until }: Voucher): string {
  const now = serverNow()
  if (balance <= 0) return t('series.used')
  if (now >= valid_until) return t('series.over')
  if (suspended) return t('series.held')
  return now < valid_from ? t('series.later', { tickets: t('tickets', { n: balance }) }) : t('tickets', { n: balance })
}
