/**
 * The rules of a redemption: one pure function, `decide`, twin of the server's (spec 05).
 * It judges what signatures have already vouched for, in the order of RULES; the first broken rule answers.
 * A fact that is null is not known here and its rule is not asked.
 */
import { Refusal, type RefusalCode } from './refusals.ts'

export type Mode = 'on' | 'off'

/**
 * What the till asks and what the presentation says. Amounts in the programme's units, times in epoch seconds.
 * A printed card has `card` true and nothing of a pass; a signed one has the programme and end of its pass, and as
 * `ofl` what this till may still take of it today.
 */
export type Attempt = {
  mode: Mode; amt: number; cur: string; prg: number; part: boolean
  card: boolean; passPrg: number; exp: number; ofl: number; once: boolean; kbIat: number; max: number
  /** The shop that a bound presentation was made for; null when open. */
  merchant: number | null
  /** When a till showed the question that this one answers; null on the server. */
  askedAt: number | null
}

/** What is known about the shop, the programme and the voucher. No `categories`: every shop of the programme. */
export type Facts = {
  merchant: number; joined: boolean; category: string; prg: number; cur: string; starts: number; ends: number
  categories: readonly string[]; floor: number; boundAbove: number | null; ceiling: number | null
  issued: boolean | null; revoked: boolean | null; suspended: boolean | null
  validFrom: number | null; validUntil: number | null; spent: boolean | null; balance: number | null
}

/** Yes: `approved` units are paid, `rest` units are left to pay in another way. */
export type Approval = { approved: number; rest: number }
type Rule = (attempt: Attempt, facts: Facts, now: number) => Refusal | null

const EARLY_SECONDS = { on: 60, off: 120 }
const LATE_SECONDS = { on: 120, off: 180 }
const QUESTION_SECONDS = 180

const no = (code: RefusalCode, facts: Record<string, number> = {}): Refusal => new Refusal(code, facts)
/** Rounded up: 121 s is "3 minutes", never "0 minutes". */
const minutes = (seconds: number): number => Math.ceil(seconds / 60)

const passLives: Rule = (attempt, _, now) => (now >= attempt.exp && (attempt.exp || !attempt.card) ? no('pass_expired') : null)

const issuerStandsByIt: Rule = (attempt, facts) => {
  if (facts.issued === false) return no(attempt.card ? 'unknown_card' : 'unknown_pass')
  if (facts.revoked) return no('pass_revoked')
  return facts.suspended ? no('voucher_suspended') : null
}

const forThisShop: Rule = (attempt, facts) => (attempt.merchant === null || attempt.merchant === facts.merchant ? null : no('wrong_audience'))

const fresh: Rule = (attempt, _, now) => {
  if (attempt.card) return null
  if (attempt.merchant !== null) return questionFresh(attempt, now)
  const age = now - attempt.kbIat
  if (age > LATE_SECONDS[attempt.mode]) return no('proof_stale', { minutes: minutes(age) })
  return age < -EARLY_SECONDS[attempt.mode] ? no('proof_from_future', { minutes: minutes(-age) }) : null
}

function questionFresh({ askedAt }: Attempt, now: number): Refusal | null {
  if (askedAt === null || (now >= askedAt && now - askedAt <= QUESTION_SECONDS)) return null
  return no('proof_stale', { minutes: minutes(Math.abs(now - askedAt)) })
}

const programme: Rule = (attempt, facts) => {
  const ofNoProgramme = attempt.card && attempt.passPrg === 0
  if (attempt.prg !== facts.prg || !(ofNoProgramme || attempt.passPrg === facts.prg)) return no('wrong_programme')
  if (attempt.cur !== facts.cur) return no('amount_invalid')
  if (!facts.joined) return no('merchant_not_in_programme')
  return facts.categories.length && !facts.categories.includes(facts.category) ? no('category_not_allowed') : null
}

const inTime: Rule = (_, facts, now) => {
  const starts = Math.max(facts.starts, facts.validFrom ?? 0)
  const ends = Math.min(facts.ends, facts.validUntil ?? facts.ends)
  if (now < starts) return no('voucher_not_started', { starts })
  return now >= ends ? no('voucher_ended', { ended: ends }) : null
}

const unspent: Rule = (_, facts) => (facts.spent ? no('already_redeemed') : null)

const amount: Rule = (attempt, facts) => {
  if (attempt.amt <= 0) return no('amount_invalid')
  const ofProof = attempt.card ? [] : [attempt.max, attempt.merchant === null ? facts.boundAbove : null]
  const max = Math.min(...[facts.ceiling, ...ofProof].filter((limit) => limit !== null))
  return attempt.amt > max ? no('amount_over_max', { max }) : null
}

const offline: Rule = (attempt, facts) => {
  if (attempt.mode !== 'off') return null
  if (attempt.card && attempt.ofl === 0) return no('card_online_only')
  if (!attempt.card && (!attempt.once || attempt.ofl === 0)) return no('offline_not_allowed')
  const max = Math.min(attempt.ofl, facts.floor)
  return attempt.amt > max ? no('over_offline_limit', { max }) : null
}

const RULES: readonly Rule[] = [passLives, issuerStandsByIt, forThisShop, fresh, programme, inTime, unspent, amount, offline]

/** Judges an attempt at `now` (epoch seconds) by the rules above, in their order. */
export function decide(attempt: Attempt, facts: Facts, now: number): Approval | Refusal {
  for (const rule of RULES) {
    const refusal = rule(attempt, facts, now)
    if (refusal) return refusal
  }
  return settle(attempt, facts)
}

function settle({ amt, part }: Attempt, { balance }: Facts): Approval | Refusal {
  if (balance === null || balance >= amt) return { approved: amt, rest: 0 }
  return part && balance > 0 ? { approved: balance, rest: amt - balance } : no('insufficient_balance')
}
