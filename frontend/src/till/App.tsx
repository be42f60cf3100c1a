import { signal } from '@preact/signals'
import { screen, till } from './model.ts'
import { stopped } from './offline.ts'
import { AmountScreen } from './screens/Amount.tsx'
import { ResultScreen } from './screens/Result.tsx'
import { open } from './tabs.ts'

const rooms = signal<typeof import('./rooms.tsx') | null>(null)

/** Fetches the other screens; asked for again when the network failed. */
export const openRooms = (): void => void import('./rooms.tsx').then((found) => { rooms.value = found }, () => setTimeout(openRooms, 3_000))

const ELSEWHERE = { name: 'elsewhere' } as const

/** `linked` is the enrolment code of the link that opened this page. */
export function App({ linked }: { linked: string | null }) {
  const now = open.value === 'here' ? screen.value : ELSEWHERE
  const Room = rooms.value?.Room
  if (open.value === 'asking') return <main class="screen till" aria-busy="true" />
  const stop = stopped()
  const selling = now.name === 'amount' || now.name === 'scan' || now.name === 'question'
  if (till.value && now.name === 'result') return <ResultScreen result={now.result} />
  if (till.value && now.name === 'amount' && !stop) return <AmountScreen />
  if (!Room) return <main class="screen till" aria-busy="true" />
  return <Room now={till.value || now === ELSEWHERE ? now : { name: 'enrol' }} stop={selling ? stop : null} linked={linked} />
}
