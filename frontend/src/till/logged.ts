/** Which payments of this till's list are in the public log, as far as it knows. What is in it stays in it. */
import { signal } from '@preact/signals'
import { getLogged } from '../api/till.ts'
import { heardFrom } from './connection.ts'
import { till } from './model.ts'
import type { Payment } from './today.ts'

export const logged = signal<ReadonlySet<string>>(new Set())
/** When the next batch is expected, in epoch seconds. */
export const nextBatch = signal<number | null>(null)

/** Asks about the payments that it does not know to be logged. Without an answer all stays as it is. */
export async function askLogged(payments: readonly Payment[]): Promise<void> {
  const ids = payments.flatMap(({ entry }) => (entry.redemption && !logged.value.has(entry.redemption) ? [entry.redemption] : []))
  if (!till.value || !ids.length) return
  const answer = heardFrom(await getLogged(till.value.key, ids.slice(0, 500)))
  if (!answer.ok) return
  logged.value = new Set([...logged.value, ...answer.value.logged])
  nextBatch.value = answer.value.next_at
}
