/** The shops by number, so that the phone can say who asks. The list is public, is read at most once a day, and stays here for when there is no network. */
import { signal } from '@preact/signals'
import { getShops, type Shop } from '../api/wallet.ts'
import { serverNow } from '../store/clock.ts'
import { readShops, writeShops } from '../store/wallet.ts'

const DAY = 86_400

type Kept = { shops: Shop[]; readAt: number }

/** Names by number. */
export const shops = signal<ReadonlyMap<number, string>>(new Map())

/** Shows what the phone knows; asks for the list when that is more than a day old. */
export async function loadShops(): Promise<void> {
  const kept = await readShops<Kept>().catch(() => undefined)
  if (kept) show(kept)
  if (kept && Math.abs(serverNow() - kept.readAt) < DAY) return
  const answer = await getShops()
  if (!answer.ok) return
  const fresh: Kept = { shops: answer.value.shops, readAt: serverNow() }
  show(fresh)
  await writeShops(fresh).catch(() => undefined)
}

function show({ shops: all }: Kept): void {
  shops.value = new Map(all.map(({ number, name }) => [number, name]))
}
