/** All screens but the first one and the results: fetched after the first one is drawn, and kept by the service worker. */
import type { Refusal } from '../core/refusals.ts'
import { till, type ScreenState } from './model.ts'
import { ElsewhereScreen } from './screens/Elsewhere.tsx'
import { EnrolScreen } from './screens/Enrol.tsx'
import { PaymentScreen } from './screens/Payment.tsx'
import { PinScreen } from './screens/Pin.tsx'
import { QuestionScreen } from './screens/Question.tsx'
import { QueueScreen } from './screens/Queue.tsx'
import { ScanScreen } from './screens/Scan.tsx'
import { SettingsScreen } from './screens/Settings.tsx'
import { TodayScreen } from './screens/Today.tsx'
import { StoppedScreen, WaitingScreen } from './screens/Waiting.tsx'

/** `stop`: why nothing can be sold now. */
export function Room({ now, stop, linked }: { now: ScreenState; stop: Refusal | null; linked: string | null }) {
  if (till.value && stop) return <StoppedScreen why={stop} />
  switch (now.name) {
    case 'waiting': return <WaitingScreen entry={now.entry} />
    case 'scan': return <ScanScreen />
    case 'today': return <TodayScreen back={now.back} />
    case 'payment': return <PaymentScreen key={now.seq} seq={now.seq} />
    case 'settings': return <SettingsScreen />
    case 'queue': return <QueueScreen />
    case 'question': return <QuestionScreen question={now.question} />
    case 'elsewhere': return <ElsewhereScreen />
    case 'pin': return <PinScreen key={now.left} entry={now.entry} left={now.left} wrong={now.wrong} />
    default: return <EnrolScreen linked={linked} />
  }
}
