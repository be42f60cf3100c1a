import type { Activity } from '../api/wallet.ts'
import { potOf } from '../sync/wallet.ts'
import { Icon, type IconName } from '../ui/index.ts'
import { t } from './i18n.ts'
import { go } from './route.ts'
import { Amount, kindWords, potOfWords, whenWords } from './words.tsx'

const ICONS: Record<Activity['kind'], IconName> = { redemption: 'shop', void: 'undo', refund: 'undo', top_up: 'gift', correction: 'gift' }

/** What went out of the pots and what came in, newest first. A payment opens its own screen. */
export function PaymentList({ items }: { items: readonly Activity[] }) {
  if (!items.length) return <p class="soft">{t('home.nopayments')}</p>
  return <ul class="list">{items.map((item) => <li key={item.id}><Line item={item} /></li>)}</ul>
}

/** The shop, or the pot that something came into. */
const nameOf = (item: Activity): string => item.merchant ?? (potOfWords(item) || kindWords(item.kind))

/** What the name does not say: "Kleding, gisteren 16:40, door Noor", "Tegoed erbij, 3 mei 2026". */
function aboutWords(item: Activity): string {
  const { merchant, kind, at, by } = item
  return [kind === 'redemption' ? '' : kindWords(kind), merchant ? potOfWords(item) : '', whenWords(at), by ? t('by', { name: by }) : ''].filter(Boolean).join(', ')
}

function Line({ item }: { item: Activity }) {
  const inside = (
    <>
      <span class="blob blob-small"><Icon name={ICONS[item.kind]} /></span>
      <span class="grow stack-tight">
        <span class="line-name">{nameOf(item)}</span>
        <span class="soft">{aboutWords(item)}</span>
      </span>
      <strong class={item.amount < 0 ? 'line-amount' : 'line-amount line-in'}>
        {item.amount > 0 && <span aria-hidden="true">+{'\u00a0'}</span>}
        <Amount of={item.amount} currency={potOf(item)?.currency ?? 'EUR'} />
        {item.merchant && <Icon name="forward" size={20} />}
      </strong>
    </>
  )
  if (!item.merchant) return <div class="list-item">{inside}</div>
  return <button type="button" class="list-item" onClick={() => go({ screen: 'payment', id: item.id })}>{inside}</button>
}
