import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { daysBetween, longDay } from '../src/ui/dates.ts'
import { fill, preferredLanguage, type Catalogue, type Plural } from '../src/ui/i18n.ts'

const FOLDER = new URL('../src/locales/', import.meta.url)
const catalogue = (name: string): Catalogue => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))
const forms = (entry: string | Plural): string[] => (typeof entry === 'string' ? [entry] : Object.values(entry).filter((form) => form !== undefined))
const names = (entry: string | Plural): string => [...new Set(forms(entry).join(' ').match(/\{\w+\}/g))].sort().join()
const files = readdirSync(FOLDER)
const apps = [...new Set(files.map((file) => file.split('.')[0]!))]

// What nobody should read on a phone: words that blame, that beg, or that only a programmer knows.
const NEVER = /\b(?:fraude?|ongeldig|invalid|oeps|oops|sorry|helaas|verboden|forbidden|please|alstublieft|error|token|server|voucher|QR)\b/i

for (const app of apps) {
  const base = catalogue(`${app}.nl.json`)
  for (const file of files.filter((name) => name.startsWith(`${app}.`))) {
    const other = catalogue(file)
    test(`${file} has every sentence, with the same blanks`, () => {
      assert.deepEqual(Object.keys(other), Object.keys(base))
      for (const [key, entry] of Object.entries(other)) assert.equal(names(entry), names(base[key]!), key)
    })
  }
}

for (const file of files.filter((name) => /^(?:wallet|verify)\./.test(name))) {
  test(`${file} is plain: short sentences, no word that blames`, () => {
    for (const [key, entry] of Object.entries(catalogue(file))) {
      for (const sentence of forms(entry).flatMap((form) => form.split(/[.?!:]\s/))) {
        assert.ok(sentence.split(/\s+/).length <= 12, `${key}: ${sentence}`)
        assert.doesNotMatch(sentence, NEVER, key)
      }
    }
  })
}

function sourcesOf(app: string): string {
  const folders = [app, 'scan'].map((name) => new URL(`../src/${name}/`, import.meta.url))
  return folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file)).map((file) => readFileSync(new URL(file, folder), 'utf8'))).join('\n')
}

/** Every key that an app writes down; what is filled in at run time may be anything, as long as something else is written. */
function keysOf(app: string): RegExp[] {
  const written = [...sourcesOf(app).matchAll(/'([\w.]+)'|`((?:[\w.]|\$\{[^{}`]*\})+)`/g)].map(([, plain, made]) => plain ?? made!)
  const keys = written.map((key) => key.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.')))
  return keys.filter((parts) => parts.some(Boolean)).map((parts) => new RegExp(`^${parts.join('.+')}$`))
}

for (const app of apps) {
  test(`no sentence of the ${app} is left that nobody says`, () => {
    const said = keysOf(app)
    assert.deepEqual(Object.keys(catalogue(`${app}.nl.json`)).filter((key) => !said.some((each) => each.test(key))), [])
  })
}

test('each refusal that a till may show has a sentence and an advice', () => {
  const till = catalogue('till.nl.json')
  for (const key of Object.keys(till).filter((name) => name.startsWith('refusal.'))) assert.ok(till[key.replace('refusal.', 'todo.')], key)
})

test('a sentence is filled in, with the plural of the language', () => {
  const days = { one: 'nog {n} dag', other: 'nog {n} dagen' }
  assert.equal(fill(days, { n: 1 }, 'nl'), 'nog 1 dag')
  assert.equal(fill(days, { n: 3 }, 'nl'), 'nog 3 dagen')
  assert.equal(fill('Bel {phone} of {other}', { phone: '14 050' }, 'nl'), 'Bel 14 050 of {other}')
})

test('the language is the chosen one, else one that the browser asks for, else Dutch', () => {
  assert.equal(preferredLanguage('en', ['nl-NL']), 'en')
  assert.equal(preferredLanguage(null, ['pl', 'en-GB']), 'en')
  assert.equal(preferredLanguage('xx', ['pl']), 'nl')
})

test('days are days of the place, whatever the clock of the phone says', () => {
  const midnight = Date.UTC(2026, 11, 31, 23) / 1000 // 1 January in Amsterdam
  assert.equal(longDay(midnight, 'nl'), '1 januari 2027')
  assert.equal(longDay(midnight, 'en'), '1 January 2027')
  assert.equal(daysBetween(midnight - 1, midnight), 1)
  assert.equal(daysBetween(midnight, midnight + 86_399), 0)
})
