import { render } from 'preact'
import '../ui/base.css'
import './till.css'
import { readBundle } from '../core/bundle.ts'
import { serverNow } from '../store/clock.ts'
import { forget, readSelf } from '../store/till.ts'
import { registerWorker } from '../ui/update.ts'
import { App } from './App.tsx'
import { watchConnection } from './connection.ts'
import { codeFromLink, refreshBundle } from './enrol.ts'
import { askForAnswers, remember, resume, wedged } from './flow.ts'
import { startLanguage } from './i18n.ts'
import { bundle, screen, takesMoney, ticketProgrammes, ticketsOf, till } from './model.ts'
import { listenToKeys } from './scans.ts'
import { DAYS_KEPT, dayStart } from './today.ts'

const BUNDLE_EVERY_MS = 3_600_000

/** Everything that this device remembers of itself. A browser without storage starts as a new till. */
async function recall(): Promise<void> {
  const self = await readSelf().catch(() => undefined)
  if (!self) return
  bundle.value = await readBundle(self.bundle, self.bundleKeys).catch(() => null)
  till.value = self
  await forget(dayStart(serverNow(), DAYS_KEPT))
  await remember()
  resume()
}

/** Keeps the choice while the shop still offers it. A shop that takes only tickets has no amount to type. */
function chooseProgramme(): void {
  const offered = ticketProgrammes.value.map(({ prg }) => prg)
  if (ticketsOf.value !== null && offered.includes(ticketsOf.value)) return
  ticketsOf.value = takesMoney.value ? null : (offered[0] ?? null)
}

async function start(): Promise<void> {
  const linked = codeFromLink()
  await Promise.all([startLanguage(), recall()])
  if (linked) screen.value = { name: 'enrol' }
  bundle.subscribe(chooseProgramme)
  render(<App linked={linked} />, document.getElementById('app')!)
  listenToKeys(wedged)
  watchConnection(() => void askForAnswers())
  void refreshBundle()
  setInterval(() => void refreshBundle(), BUNDLE_EVERY_MS)
  await registerWorker('/till/')
}

void start()
