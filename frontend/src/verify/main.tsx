/** What the page of the public log works out in this browser. The page around it is Django's. */
import { render } from 'preact'
import './verify.css'
import { learnFunds } from './funds.ts'
import { speak } from './i18n.ts'
import { Verify } from './Verify.tsx'

async function start(): Promise<void> {
  const place = document.getElementById('app')
  const log = place?.dataset['log']
  if (!place || !log) return
  learnFunds(Number(place.dataset['muni']), place.dataset['funds'] ?? '{}')
  await speak(document.documentElement.lang)
  render(<Verify log={log} />, place)
}

void start()
