import { render } from 'preact'
import './till.css'
import { readBundle } from '../core/bundle.ts'
import { serverNow } from '../store/clock.ts'
import { forget, readSelf } from '../store/till.ts'
import { registerWorker } from '../ui/update.ts'
import { dayStart } from '../ui/dates.ts'
import { App, openRooms } from './App.tsx'
import { online, watchConnection } from './connection.ts'
import { codeFromLink, refreshBundle } from './enrol.ts'
import { askForAnswers, remember, resume, scanned } from './flow.ts'
import { startLanguage } from './i18n.ts'
import { bundle, screen, takesMoney, ticketProgrammes, ticketsOf, till } from './model.ts'
import { recallLists, refreshLists } from './offline.ts'
import { recallCases, refreshCases, sendQueue, unsent } from './outbox.ts'
import { recallQuestion } from './question.ts'
import { listenToKeys } from './scans.ts'
import { mayOpen, open } from './tabs.ts'
import { DAYS_KEPT } from './today.ts'

const BUNDLE_EVERY_MS = 3_600_000
const LISTS_EVERY_MS = 600_000

/** Everything that this device remembers of itself. A browser without storage starts as a new till. */
async function recall(): Promise<void> {
  const self = await readSelf().catch(() => undefined)
  if (!self) return
  bundle.value = await readBundle(self.bundle, self.bundleKeys).catch(() => null)
  till.value = self
  await forget(dayStart(serverNow(), DAYS_KEPT), serverNow())
  await Promise.all([remember(), recallLists(), recallCases(), recallQuestion()])
  await resume()
  void navigator.storage?.persist?.()
}

/** What is due when there is an answer: first the questions that are open, then what waits to be sent. */
async function catchUp(): Promise<void> {
  await askForAnswers()
  const waited = unsent.value.rows > 0
  await sendQueue()
  if (waited) await refreshCases()
}

/** Newer data of the municipality: on start, when the connection is back, and from time to time. */
async function refreshAll(): Promise<void> {
  await refreshBundle()
  await Promise.all([refreshLists(), refreshCases()])
}

/** Keeps the choice while the shop still offers it. A shop that takes only tickets has no amount to type. */
function chooseProgramme(): void {
  const offered = ticketProgrammes.value.map(({ prg }) => prg)
  if (ticketsOf.value !== null && offered.includes(ticketsOf.value)) return
  ticketsOf.value = takesMoney.value ? null : (offered[0] ?? null)
}

async function start(): Promise<void> {
  const linked = codeFromLink()
  await startLanguage()
  render(<App linked={linked} />, document.getElementById('app')!)
  open.subscribe((where) => { if (where !== 'asking') openRooms() })
  await mayOpen()
  await recall()
  if (linked) screen.value = { name: 'enrol' }
  bundle.subscribe(chooseProgramme)
  open.value = 'here'
  listenToKeys((text) => void scanned(text))
  watchConnection(() => void catchUp())
  online.subscribe((on) => { if (on) void refreshAll() })
  setInterval(() => void refreshAll(), BUNDLE_EVERY_MS)
  setInterval(() => void refreshLists(), LISTS_EVERY_MS)
  await registerWorker('/till/')
}

void start()
