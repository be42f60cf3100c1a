import { render } from 'preact'
import './wallet.css'
import { load, loadConfig, phase, refresh } from '../sync/wallet.ts'
import { hadPass } from '../store/wallet.ts'
import { warmUp } from '../ui/dates.ts'
import { startTextSize } from '../ui/settings.ts'
import { registerWorker } from '../ui/update.ts'
import { App } from './App.tsx'
import { codeInLink } from '../core/code.ts'
import { startLanguage } from './i18n.ts'
import { go, startRoutes } from './route.ts'

const WHILE_OPEN_MS = 60_000

/** First what the phone knows, then the network. */
async function start(): Promise<void> {
  const codeFromLetter = codeInLink(location.hash)
  startRoutes()
  if (codeFromLetter) go({ screen: 'code' })
  startTextSize()
  const known = Promise.all([startLanguage(), load()])
  if (hadPass()) warmUp()
  await known
  render(<App codeFromLetter={codeFromLetter} />, document.getElementById('app')!)
  await (phase.value === 'ready' ? refresh() : loadConfig())
  stayFresh()
  if (phase.value === 'ready') void import('../sync/shops.ts').then(({ loadShops }) => loadShops(), () => undefined)
  await registerWorker('/wallet/')
}

function stayFresh(): void {
  const ask = (): void => {
    if (document.visibilityState === 'visible') void refresh()
  }
  setInterval(ask, WHILE_OPEN_MS)
  addEventListener('online', ask)
  document.addEventListener('visibilitychange', ask)
}

void start()
