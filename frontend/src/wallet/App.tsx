import { phase } from '../sync/wallet.ts'
import { later } from './Later.tsx'
import { route, type Route } from './route.ts'
import { Blocked } from './screens/Blocked.tsx'
import { Code } from './screens/Code.tsx'
import { History } from './screens/History.tsx'
import { Home } from './screens/Home.tsx'
import { More } from './screens/More.tsx'
import { Pay } from './screens/Pay.tsx'
import { Payment } from './screens/Payment.tsx'
import { Revoked } from './screens/Revoked.tsx'
import { Welcome } from './screens/Welcome.tsx'

const About = later(() => import('./screens/About.tsx').then((screen) => screen.About))
const Ask = later(() => import('./screens/Ask.tsx').then((screen) => screen.Ask))
const Block = later(() => import('./screens/Block.tsx').then((screen) => screen.Block))
const Helpers = later(() => import('./screens/Helpers.tsx').then((screen) => screen.Helpers))
const Lost = later(() => import('./screens/Advice.tsx').then((screen) => screen.Lost))
const Move = later(() => import('./screens/Advice.tsx').then((screen) => screen.Move))
const PaperCard = later(() => import('./screens/Advice.tsx').then((screen) => screen.PaperCard))

/** The phase of the phone comes first, then where the reader is. */
export function App({ codeFromLetter }: { codeFromLetter: string }) {
  const at = route.value
  switch (phase.value) {
    case 'loading': return null
    case 'blocked': return <Blocked />
    case 'new': return <New at={at} codeFromLetter={codeFromLetter} />
    case 'revoked': return <Revoked />
    // A new letter on a phone that has a pass: its code replaces the old one.
    case 'ready': return at.screen === 'code' ? <Code fromLetter={codeFromLetter} /> : <Ready at={at} />
  }
}

function New({ at, codeFromLetter }: { at: Route; codeFromLetter: string }) {
  if (at.screen === 'code') return <Code fromLetter={codeFromLetter} />
  return at.screen === 'block' ? <Block /> : <Welcome />
}

function Ready({ at }: { at: Route }) {
  switch (at.screen) {
    case 'pay': return <Pay voucher={at.voucher} />
    case 'ask': return <Ask voucher={at.voucher} />
    case 'payment': return <Payment id={at.id} />
    case 'history': return <History />
    case 'more': return <More />
    case 'helpers': return <Helpers />
    case 'lost': return <Lost />
    case 'block': return <Block />
    case 'move': return <Move />
    case 'card': return <PaperCard />
    case 'about': return <About />
    default: return <Home />
  }
}
