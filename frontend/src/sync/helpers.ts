/** Those who may pay for the holder: stopping one of them. */
import type { Problem } from '../api/client.ts'
import { stopHelper } from '../api/wallet.ts'
import { deviceKey, refresh, self } from './wallet.ts'

/** Ends what a helper may do. Answers null when it worked or was done before, else the problem. */
export async function stop(id: string): Promise<Problem | null> {
  const me = self.value
  if (!me) return null
  const answer = await stopHelper(deviceKey(me), id)
  if (!answer.ok && answer.problem.status !== 404) return answer.problem
  await refresh()
  return null
}
