import { online } from './connection.ts'
import { screen, till } from './model.ts'
import { AmountScreen } from './screens/Amount.tsx'
import { EnrolScreen } from './screens/Enrol.tsx'
import { PaymentScreen } from './screens/Payment.tsx'
import { ResultScreen } from './screens/Result.tsx'
import { ScanScreen } from './screens/Scan.tsx'
import { SettingsScreen } from './screens/Settings.tsx'
import { TodayScreen } from './screens/Today.tsx'
import { OfflineScreen, WaitingScreen } from './screens/Waiting.tsx'

/** `linked` is the enrolment code of the link that opened this page. */
export function App({ linked }: { linked: string | null }) {
  const now = screen.value
  if (!till.value || now.name === 'enrol') return <EnrolScreen linked={linked} />
  if (!online.value && (now.name === 'amount' || now.name === 'scan')) return <OfflineScreen />
  switch (now.name) {
    case 'amount': return <AmountScreen />
    case 'scan': return <ScanScreen />
    case 'waiting': return <WaitingScreen entry={now.entry} />
    case 'result': return <ResultScreen result={now.result} />
    case 'today': return <TodayScreen back={now.back} />
    case 'payment': return <PaymentScreen key={now.seq} seq={now.seq} />
    case 'settings': return <SettingsScreen />
  }
}
