/**
 * Which pass a phone shows, and when it needs new ones (spec 03, the phone's passes).
 * 1. The pass with the largest offline limit is shown first; without any, the reserve pass, which needs network.
 * 2. A pass whose code was put away is shown again for three minutes and is burned after that. One that was on screen
 *    too shortly for that stays, but a fresh one of the same limit goes first: a quick shop may have read it.
 * 3. With fewer than three passes, or passes past half their life, the phone asks for new ones, up to eight.
 * 4. With enough passes of which none works without a network, though the pot has the money for it (it was filled
 *    after they came), it asks for three more: once a day, as the server may have a reason to give no such pass.
 */

export const BATCH = 8
const FEW = 3
/** A phone that holds so many passes of a pot asks for no more of them. */
const PLENTY = 24
const GRACE_SECONDS = 180
const DAY = 86_400
/** The smallest offline limit that a pass can have, in units (spec 02). */
const LEAST_OFFLINE: Readonly<Record<string, number>> = { EUR: 500, TKT: 1 }
/** A code that was on screen for less than this was not seen by anybody. */
export const SHOWN_SECONDS = 5

/** `closedAt`: when its code was last seen on screen; `shownAt`: when it was first there at all; `gotAt`: when it came here. */
export type PurseItem = { jti: string; voucher: string; ofl: number; once: boolean; iat: number; exp: number; closedAt: number | null; shownAt?: number; gotAt?: number }
/** What the rules ask of a voucher; `balance` is in its units. */
export type Pot = { id: string; balance: number; currency: string }

export const isExpired = (pass: PurseItem, now: number): boolean => now >= pass.exp
export const isBurned = (pass: PurseItem, now: number): boolean => pass.once && pass.closedAt !== null && now - pass.closedAt > GRACE_SECONDS
const isLive = (pass: PurseItem, now: number): boolean => !isExpired(pass, now) && !isBurned(pass, now)
const pastHalfLife = (pass: PurseItem, now: number): boolean => now - pass.iat > (pass.exp - pass.iat) / 2

/** The pass to show for a voucher, or null when there is none at all. */
export function choosePass<P extends PurseItem>(passes: readonly P[], voucher: string, now: number): P | null {
  const live = passes.filter((pass) => pass.voucher === voucher && isLive(pass, now))
  const rank = (pass: P): number => (pass.once ? 1 : 0) * 2 ** 40 + (pass.closedAt === null ? 0 : 2 ** 30) + pass.ofl + (pass.shownAt === undefined ? 0.5 : 0)
  return live.sort((a, b) => rank(b) - rank(a))[0] ?? null
}

/** Another pass than the one that was shown, for a shop that says it was used; null when only the reserve pass is left. */
export function chooseAnother<P extends PurseItem>(passes: readonly P[], shown: P, now: number): P | null {
  return choosePass(passes.filter(({ jti, once }) => once && jti !== shown.jti), shown.voucher, now)
}

/** How many passes to ask for, and whether the reserve pass is missing. */
export function shortage(passes: readonly PurseItem[], pot: Pot, now: number): { passes: number; reserve: boolean } {
  const held = passes.filter((pass) => pass.voucher === pot.id && isLive(pass, now))
  const young = held.filter((pass) => !pastHalfLife(pass, now))
  const ready = young.filter((pass) => pass.once && pass.closedAt === null).length
  const more = ready < FEW ? BATCH - ready : lacksOffline(held, pot, now) ? FEW : 0
  return { passes: more, reserve: !young.some((pass) => !pass.once) }
}

function lacksOffline(held: readonly PurseItem[], { balance, currency }: Pot, now: number): boolean {
  const lastGot = Math.max(0, ...held.map(({ gotAt }) => gotAt ?? 0))
  const has = held.some(({ ofl, closedAt }) => ofl > 0 && closedAt === null)
  return !has && balance >= (LEAST_OFFLINE[currency] ?? Infinity) && now - lastGot >= DAY && held.length < PLENTY
}

/** The passes that can go: used up, too old, taken back by the municipality, or of a voucher that is gone. */
export function worthless<P extends PurseItem>(passes: readonly P[], vouchers: ReadonlySet<string>, revoked: ReadonlySet<string>, now: number): P[] {
  return passes.filter((pass) => !isLive(pass, now) || revoked.has(pass.jti) || !vouchers.has(pass.voucher))
}

/**
 * The ceiling that the phone allows in an open code: the most that one sale may take, the same for everybody. Never
 * what is in the pot: a shop would learn it, and could tell by it who came back. The server keeps to the pot.
 */
export function ceilingOf(maxRedemption: number): number {
  return Math.min(maxRedemption || Infinity, 2 ** 24 - 1)
}
