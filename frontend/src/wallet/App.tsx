import { phase } from '../sync/wallet.ts'
import { route, type Route } from './route.ts'
import { About } from './screens/About.tsx'
import { Blocked } from './screens/Blocked.tsx'
import { Code } from './screens/Code.tsx'
import { History } from './screens/History.tsx'
import { Home } from './screens/Home.tsx'
import { Lost } from './screens/Lost.tsx'
import { More } from './screens/More.tsx'
import { Pay } from './screens/Pay.tsx'
import { Payment } from './screens/Payment.tsx'
import { Revoked } from './screens/Revoked.tsx'
import { Welcome } from './screens/Welcome.tsx'

/** The phase of the phone comes first, then where the reader is. */
export function App({ codeFromLetter }: { codeFromLetter: string }) {
  const at = route.value
  switch (phase.value) {
    case 'loading': return null
    case 'blocked': return <Blocked />
    case 'new': return at.screen === 'code' ? <Code fromLetter={codeFromLetter} /> : <Welcome />
    case 'revoked': return <Revoked />
    // A new letter on a phone that has a pass: its code replaces the old one.
    case 'ready': return at.screen === 'code' ? <Code fromLetter={codeFromLetter} /> : <Ready at={at} />
  }
}

function Ready({ at }: { at: Route }) {
  switch (at.screen) {
    case 'pay': return <Pay voucher={at.voucher} />
    case 'payment': return <Payment id={at.id} />
    case 'history': return <History />
    case 'more': return <More />
    case 'lost': return <Lost />
    case 'about': return <About />
    default: return <Home />
  }
}
