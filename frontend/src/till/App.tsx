import { signal } from '@preact/signals'
import { screen, till } from './model.ts'
import { stopped } from './offline.ts'
import { AmountScreen } from './screens/Amount.tsx'
import { ResultScreen } from './screens/Result.tsx'
import { StoppedScreen, WaitingScreen } from './screens/Waiting.tsx'

const rooms = signal<typeof import('./rooms.tsx') | null>(null)

/** Fetches the other screens; asked for again when the network failed. */
export const openRooms = (): void => void import('./rooms.tsx').then((found) => { rooms.value = found }, () => setTimeout(openRooms, 3_000))

/** `linked` is the enrolment code of the link that opened this page. */
export function App({ linked }: { linked: string | null }) {
  const now = screen.value
  const Room = rooms.value?.Room
  const stop = stopped()
  if (till.value && stop && (now.name === 'amount' || now.name === 'scan' || now.name === 'question')) return <StoppedScreen why={stop} />
  switch (till.value ? now.name : 'enrol') {
    case 'amount': return <AmountScreen />
    case 'waiting': return now.name === 'waiting' ? <WaitingScreen entry={now.entry} /> : null
    case 'result': return now.name === 'result' ? <ResultScreen result={now.result} /> : null
    default: return Room ? <Room now={till.value ? now : { name: 'enrol' }} linked={linked} /> : <main class="screen till" aria-busy="true" />
  }
}
