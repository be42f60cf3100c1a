/** Days and times in the reader's language, by the clock of the place: a pass ends at the municipality's midnight. */
const ZONE = 'Europe/Amsterdam'
const DAY_MS = 86_400_000

const styles = new Map<string, Intl.DateTimeFormat>()

/** Each is made once: on a slow phone the making takes longer than all the rest of a screen. */
function style(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`
  const known = styles.get(key) ?? new Intl.DateTimeFormat(`${language}-u-nu-latn`, { timeZone: ZONE, ...options })
  styles.set(key, known)
  return known
}

/** A browser's first date takes a slow phone a tenth of a second: time that there is while storage has yet to answer. */
export const warmUp = (): void => void dayName(0)

/** English as in Europe: the day before the month, and a clock of 24 hours. */
const tagOf = (language: string): string => (language === 'en' ? 'en-GB' : language)

/** "1 januari 2027". `epoch` in seconds. */
export function longDay(epoch: number, language: string): string {
  return style(tagOf(language), { day: 'numeric', month: 'long', year: 'numeric' }).format(epoch * 1000)
}

/** "14 september", and the year when it is another one than that of `now`. */
export function shortDay(epoch: number, now: number, language: string): string {
  const year = (at: number): string => style('en-CA', { year: 'numeric' }).format(at * 1000)
  if (year(epoch) !== year(now)) return longDay(epoch, language)
  return style(tagOf(language), { day: 'numeric', month: 'long' }).format(epoch * 1000)
}

/** "10:12". */
export function clockTime(epoch: number, language: string): string {
  return style(tagOf(language), { hour: '2-digit', minute: '2-digit' }).format(epoch * 1000)
}

/** Calendar days from `from` to `to` (epoch seconds): 0 is today. */
export function daysBetween(from: number, to: number): number {
  return Math.round((dayNumber(to) - dayNumber(from)) / DAY_MS)
}

function dayNumber(epoch: number): number {
  const [year, month, day] = style('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' }).format(epoch * 1000).split('-').map(Number)
  return Date.UTC(year!, month! - 1, day)
}

/** "2027-01-01", for the name of a file. */
export const dayName = (epoch: number): string => new Date(dayNumber(epoch)).toISOString().slice(0, 10)

/** 00:00 of the day of `now`, or `back` days before it, in epoch seconds. */
export function dayStart(now: number, back = 0): number {
  const wanted = dayNumber(now) - back * DAY_MS
  const ahead = (at: number): number => wallClock(at) - at
  // The day on which the clock changes starts by the clock of the day before.
  const guess = wanted - ahead(wanted)
  return (wanted - ahead(guess)) / 1000
}

/** What the clock of the place shows at `at`, as if that were UTC; both in milliseconds. */
function wallClock(at: number): number {
  const [hour, minute] = style('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at).split(':').map(Number)
  return dayNumber(at / 1000) + (hour! * 60 + minute!) * 60_000
}
