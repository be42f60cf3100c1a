/**
 * Money is integer cents. It is written the way the place writes it, not the language:
 * shelf, receipt, till and wallet show the same "€ 12,50" in every language.
 */

export type Cents = number

/** Locale of the place; digits are always latin (a Safari in Arabic would otherwise change them). */
const PLACE = 'nl-NL-u-nu-latn'

const formats = new Map<string, Intl.NumberFormat>()

function format(currency: string): Intl.NumberFormat {
  const known = formats.get(currency)
  if (known) return known
  const made = new Intl.NumberFormat(PLACE, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
  formats.set(currency, made)
  return made
}

/** "€ 12,50" with a non-breaking space; a negative amount becomes "− € 2,50" with a real minus sign. */
export function formatMoney(cents: Cents, currency = 'EUR'): string {
  const text = format(currency).format(Math.abs(cents) / 100).replace(/\s/g, '\u00a0')
  return cents < 0 ? `\u2212\u00a0${text}` : text
}

/** What a screen reader says: "12 euro 50", "1 euro", "min 2 euro 50". `minus` is the translated word. */
export function speakMoney(cents: Cents, minus = 'min'): string {
  const whole = Math.floor(Math.abs(cents) / 100)
  const rest = Math.abs(cents) % 100
  const words = rest ? `${whole} euro ${String(rest).padStart(2, '0')}` : `${whole} euro`
  return cents < 0 ? `${minus} ${words}` : words
}

/** Whole cents typed as "12,50", "12.50" or "12"; null when the text is no amount. */
export function parseMoney(text: string): Cents | null {
  const match = /^\s*(?:€\s*)?(\d{1,6})(?:[.,](\d{2}))?\s*$/.exec(text)
  if (!match) return null
  return Number(match[1]) * 100 + Number(match[2] ?? 0)
}
