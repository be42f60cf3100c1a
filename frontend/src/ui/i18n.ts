/**
 * Our own small translator. A catalogue is flat JSON: a key to a sentence, or to its plural forms.
 * "{name}" is filled from the parameters; `n` chooses the plural form.
 * One language is in memory; changing it redraws every screen that called t().
 */
import { signal } from '@preact/signals'

export type Plural = { [category in Intl.LDMLPluralRule]?: string } & { other: string }
export type Catalogue = Record<string, string | Plural>
export type Params = Record<string, string | number>
export type Loaders = Record<string, () => Promise<{ default: Catalogue }>>

/** Languages in their own names, in the order of the picker. */
export const LANGUAGES: Record<string, string> = { nl: 'Nederlands', en: 'English' }
const RTL = new Set(['ar', 'fa', 'ckb'])
const STORED = 'language'

/** The stored choice, else the first of the browser's languages that we have, else Dutch. */
export function preferredLanguage(stored: string | null, wanted: readonly string[]): string {
  const candidates = [stored ?? '', ...wanted.map((tag) => tag.toLowerCase().split('-')[0] ?? '')]
  return candidates.find((tag) => tag in LANGUAGES) ?? 'nl'
}

/** Fills a sentence: picks the plural form for `n`, then replaces each "{name}". */
export function fill(entry: string | Plural, params: Params, language: string): string {
  const text = typeof entry === 'string' ? entry : pluralForm(entry, Number(params['n'] ?? 0), language)
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

function pluralForm(entry: Plural, n: number, language: string): string {
  return entry[new Intl.PluralRules(language).select(n)] ?? entry.other
}

/** The translator of one app. `Key` is the union of its Dutch catalogue's keys, so a wrong key does not compile. */
export function makeTranslator<Key extends string>(loaders: Loaders) {
  const language = signal('nl')
  const catalogue = signal<Catalogue>({})

  /** Speaks a language without remembering it as the person's choice. */
  async function speak(tag: string): Promise<void> {
    const load = loaders[tag] ?? loaders['nl']
    if (!load) throw new Error(`no catalogue for ${tag}`)
    catalogue.value = (await load()).default
    language.value = tag
    document.documentElement.lang = tag
    document.documentElement.dir = RTL.has(tag) ? 'rtl' : 'ltr'
  }

  async function setLanguage(tag: string): Promise<void> {
    await speak(tag)
    remember(tag)
  }

  return {
    language,
    speak,
    setLanguage,
    start: () => setLanguage(preferredLanguage(recall(), navigator.languages)),
    t: (key: Key, params: Params = {}): string => fill(catalogue.value[key] ?? key, params, language.value),
    /** True when this app has the key: for keys that are made from a refusal code. */
    has: (key: string): key is Key => key in catalogue.value,
  }
}

// Storage can be blocked (private mode); a language that is forgotten is no reason to stop.
function remember(tag: string): void {
  try {
    localStorage.setItem(STORED, tag)
  } catch {
    return
  }
}

function recall(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}
