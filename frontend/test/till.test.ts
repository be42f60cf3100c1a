import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Bundle } from '../src/core/bundle.ts'
import { REFUSALS } from '../src/core/refusals.ts'
import en from '../src/locales/till.en.json' with { type: 'json' }
import nl from '../src/locales/till.nl.json' with { type: 'json' }
import { cameraHelp } from '../src/scan/help.ts'
import type { Entry } from '../src/store/till.ts'
import { language } from '../src/till/i18n.ts'
import { keyFor, MAX_CENTS, MAX_TICKETS, press, step, type Key } from '../src/till/keypad.ts'
import { bundle, programmeName } from '../src/till/model.ts'
import { faceOf, nextOf, undecided } from '../src/till/outcome.ts'
import { daysAgo, today } from '../src/till/today.ts'
import { dayStart } from '../src/ui/dates.ts'
import { proofName } from '../src/ui/SaveProof.tsx'

const typed = (...keys: Key[]): number | null => keys.reduce<number | null>((cents, key) => (cents === null ? null : press(cents, key)), 0)

test('the keypad types from the cents up', () => {
  assert.equal(typed('1', '2', '5', '0'), 1250)
  assert.equal(typed('1', '2', '00'), 1200)
  assert.equal(typed('5'), 5)
  assert.equal(typed('0', '0', '0', '7'), 7)
})

test('clear empties the amount and back takes one key away', () => {
  assert.equal(typed('1', '2', 'clear'), 0)
  assert.equal(typed('1', '2', '5', 'back'), 12)
  assert.equal(typed('back'), 0)
})

test('an amount above the maximum is not typed', () => {
  assert.equal(typed('9', '9', '9', '9', '9'), MAX_CENTS)
  assert.equal(typed('9', '9', '9', '9', '9', '0'), null)
  assert.equal(typed('1', '2', '3', '4', '00'), null)
})

test('a keyboard types the same amount, with or without the comma', () => {
  const keys = [...'12,50'].map(keyFor).filter((key) => key !== null)
  assert.equal(typed(...keys), 1250)
  assert.deepEqual(['Backspace', 'Delete', 'Escape', 'a', 'Tab'].map(keyFor), ['back', 'clear', 'clear', null, null])
})

test('tickets go from one to the most that a sale takes', () => {
  assert.equal(step(1, -1, null), 1)
  assert.equal(step(1, 1, null), 2)
  assert.equal(step(MAX_TICKETS, 1, null), MAX_TICKETS)
  assert.deepEqual([step(3, 1, 4), step(4, 1, 4), step(1, 1, 1)], [4, 4, 1])
})

test('every refusal has a face, a next step and its own two sentences in both languages', () => {
  for (const code of REFUSALS) {
    assert.ok(['check', 'refused'].includes(faceOf(code)), code)
    assert.ok(['scan', 'amount', 'part', 'start'].includes(nextOf(code)), code)
    for (const catalogue of [nl, en] as Record<string, unknown>[]) {
      for (const key of [`refusal.${code}`, `todo.${code}`]) assert.match(String(catalogue[key]), /^[A-Z].+[.?]$/, key)
    }
  }
})

test('what somebody can put right here is amber, what they cannot is not paid', () => {
  for (const code of ['proof_stale', 'malformed_qr', 'already_redeemed', 'insufficient_balance', 'amount_over_max', 'wrong_programme'] as const) assert.equal(faceOf(code), 'check', code)
  for (const code of ['pass_revoked', 'unknown_pass', 'bad_signature', 'voucher_ended', 'till_suspended', 'key_compromised'] as const) assert.equal(faceOf(code), 'refused', code)
  assert.equal(nextOf('insufficient_balance'), 'part')
  assert.equal(nextOf('proof_stale'), 'scan')
  assert.equal(nextOf('pass_revoked'), 'start')
})

test('only an answer about the sale decides it', () => {
  assert.ok(undecided('unavailable') && undecided('txn_in_progress'))
  assert.equal(REFUSALS.filter(undecided).length, 2)
})

test('both languages have the same keys, the same placeholders and no forbidden words', () => {
  assert.deepEqual(Object.keys(nl).sort(), Object.keys(en).sort())
  const holes = (entry: unknown): string[] => [...new Set(JSON.stringify(entry).match(/\{\w+\}/g))].sort()
  for (const key of Object.keys(nl) as (keyof typeof nl)[]) assert.deepEqual(holes(nl[key]), holes(en[key]), key)
  for (const catalogue of [nl, en]) assert.doesNotMatch(JSON.stringify(Object.values(catalogue)), /\b(?:fraud\w*|invalid|ongeldig|oops|sorry|please|alstublieft|forbidden|verboden)\b/i)
})

test('every sentence is on some screen', () => {
  const folder = new URL('../src/till/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))
  const source = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
  const built = /^(?:refusal|todo|camera|settings\.sound|refused|check|cases)\.|^enrol\.(?:storage|bundle|unsent)$/
  assert.deepEqual(Object.keys(nl).filter((key) => !built.test(key) && !source.includes(`'${key}'`)), [])
})

test('help with the camera fits the browser', () => {
  assert.equal(cameraHelp('Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 Chrome/150.0 Safari/537.36'), 'camera.denied.chrome')
  assert.equal(cameraHelp('Mozilla/5.0 (X11; Linux; rv:140.0) Gecko/20100101 Firefox/140.0'), 'camera.denied.firefox')
  assert.equal(cameraHelp('Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit CriOS/150 Chrome'), 'camera.denied.safari')
})

const NOON = dayStart(1_800_000_000) + 43_200
const entry = (seq: number, change: Partial<Entry>): Entry => ({
  seq, kind: 'sale', state: 'done', offline: false, jti: `j${seq}`, txn: `t${seq}`, at: NOON + seq, hash: '', record: null, amount: 0, cur: 'EUR', prg: 12, redemption: `r${seq}`, approved: 0, code: null, ...change,
})

test("today's list counts what stands, per programme, newest first", () => {
  const rows = [
    entry(1, { amount: 1250, approved: 1250 }),
    entry(2, { amount: 930, approved: 320, prg: 13 }),
    entry(3, { amount: 2, approved: 2, cur: 'TKT', prg: 20 }),
    entry(4, { amount: 500, state: 'refused', code: 'pass_revoked', redemption: null }),
    entry(5, { amount: 700, state: 'sent', redemption: null }),
    entry(6, { amount: 400, approved: 400, at: NOON - 86_400 }),
  ]
  const day = today(rows, NOON + 60)
  assert.deepEqual(day.payments.map((each) => each.entry.seq), [5, 3, 2, 1])
  assert.deepEqual([day.count, day.cents, day.backCents], [3, 1570, 0])
  assert.deepEqual(day.totals.map(({ prg, amount }) => [prg, amount]), [[12, 1250], [13, 320], [20, 2]])
})

test('a day before has a list of its own, with what went back since then', () => {
  const day = 86_400
  const rows = [
    entry(1, { amount: 400, approved: 400, at: NOON - day }),
    entry(2, { amount: 900, approved: 900 }),
    entry(3, { kind: 'refund', redemption: 'r1', amount: 150, approved: 150 }),
  ]
  const before = today(rows, NOON + 60, 1)
  assert.deepEqual(before.payments.map((each) => [each.entry.seq, each.left]), [[1, 250]])
  assert.deepEqual(today(rows, NOON + 60, 2).payments, [])
  assert.deepEqual([daysAgo(NOON - day, NOON), daysAgo(NOON, NOON), dayStart(NOON, 1)], [1, 0, dayStart(NOON - day)])
  assert.deepEqual(today(rows, NOON + 60).payments.map((each) => each.entry.seq), [2])
})

test('a day is a day of the place, whatever zone the tablet is set to', () => {
  const before = process.env['TZ']
  process.env['TZ'] = 'America/New_York'
  assert.equal(new Date(1_800_000_000_000).getHours(), 3)
  assert.equal(dayStart(Date.parse('2027-01-15T00:30+01:00') / 1000), Date.parse('2027-01-15T00:00+01:00') / 1000)
  process.env['TZ'] = before
})

test('what is not sent yet counts, what was undone before it was sent does not, what was refused afterwards stays in view', () => {
  const rows = [
    entry(1, { state: 'kept', offline: true, amount: 700, approved: 700, redemption: null }),
    entry(2, { state: 'kept', offline: true, amount: 500, approved: 500, redemption: null }),
    entry(3, { kind: 'void', state: 'kept', offline: true, amount: 500, approved: 500, redemption: 'j2' }),
    entry(4, { state: 'refused', offline: true, amount: 900, code: 'already_redeemed', redemption: null }),
    entry(5, { state: 'held', offline: true, amount: 300, approved: 300, code: 'chain_gap', redemption: null }),
    entry(6, { state: 'left', amount: 700, redemption: null }),
  ]
  const day = today(rows, NOON + 60)
  assert.deepEqual(day.payments.map((each) => [each.entry.seq, each.voided]), [[5, false], [4, false], [2, true], [1, false]])
  assert.deepEqual([day.count, day.cents], [1, 700])
})

test('a day on which the clock changes ends where the next one starts', () => {
  const at = (day: string): number => Date.parse(day) / 1000
  const changes = [['2026-10-25T00:00+02:00', '2026-10-26T00:00+01:00', 25], ['2026-03-29T00:00+01:00', '2026-03-30T00:00+02:00', 23]] as const
  for (const [sunday, monday, hours] of changes) {
    const [from, until, noon] = [at(sunday), at(monday), at(monday) + 12 * 3600]
    assert.equal(until - from, hours * 3600)
    assert.deepEqual([dayStart(noon, 1), dayStart(noon, 0), dayStart(from, -1)], [from, until, until])
    assert.deepEqual([from, until - 1, until].map((moment) => daysAgo(moment, noon)), [1, 1, 0])
    const rows = [from - 1, from, until - 1, until].map((moment, i) => entry(i, { at: moment }))
    assert.deepEqual(today(rows, noon, 1).payments.map((each) => each.entry.seq), [2, 1])
  }
})

test('the file of a proof is named after its day and number, never after its amount', () => {
  const proof = { canonical: '{"amount":1250,"batch":7,"date":"2026-11-23","v":1}', salt: '', inner_path: [], tlog_proof: '' }
  assert.equal(proofName(proof, '0190a1b2-c3d4-7000-8000-000000000000'), 'meedoen-bewijs-2026-11-23-0190a1b2.json')
})

test('what goes back leaves the totals, and a payment that waits for it says so', () => {
  const rows = [
    entry(1, { amount: 1000, approved: 1000 }),
    entry(2, { amount: 800, approved: 800 }),
    entry(3, { kind: 'void', redemption: 'r1', amount: 1000, approved: 1000 }),
    entry(4, { kind: 'refund', redemption: 'r2', amount: 250, approved: 250 }),
    entry(5, { kind: 'refund', redemption: 'r2', amount: 100, state: 'sent' }),
    entry(6, { kind: 'refund', redemption: 'r2', amount: 900, state: 'refused', code: 'refund_exceeds' }),
  ]
  const [second, first] = today(rows, NOON + 60).payments
  assert.deepEqual([first!.voided, first!.left, first!.busy], [true, 0, false])
  assert.deepEqual([second!.voided, second!.back, second!.left, second!.busy], [false, 250, 550, true])
  const { count, cents, backCents } = today(rows, NOON + 60)
  assert.deepEqual([count, cents, backCents], [1, 550, 1250])
})

test("a programme is named in the clerk's language, and as it was where an older bundle has no other name", () => {
  bundle.value = { programmes: [{ prg: 12, name: 'Kleding', name_en: 'Clothes' }, { prg: 13, name: 'Zwemmen' }] } as unknown as Bundle
  assert.deepEqual([12, 13, 14].map(programmeName), ['Kleding', 'Zwemmen', '14'])
  language.value = 'en'
  assert.deepEqual([12, 13, 14].map(programmeName), ['Clothes', 'Zwemmen', '14'])
  language.value = 'nl'
  bundle.value = null
})
