/**
 * Which pass a phone shows, and when it needs new ones (spec 02, wallet life).
 * 1. The pass with the largest offline limit is shown first; without any, the reserve pass, which needs network.
 * 2. A pass whose code was put away is shown again for three minutes and is burned after that.
 * 3. With fewer than three passes, or passes past half their life, the phone asks for new ones, up to eight.
 */

export const BATCH = 8
const FEW = 3
const GRACE_SECONDS = 180
/** A code that was on screen for less than this was not seen by anybody. */
export const SHOWN_SECONDS = 5

export type PurseItem = { jti: string; voucher: string; ofl: number; once: boolean; iat: number; exp: number; closedAt: number | null }

export const isExpired = (pass: PurseItem, now: number): boolean => now >= pass.exp
export const isBurned = (pass: PurseItem, now: number): boolean => pass.once && pass.closedAt !== null && now - pass.closedAt > GRACE_SECONDS
const isLive = (pass: PurseItem, now: number): boolean => !isExpired(pass, now) && !isBurned(pass, now)
const pastHalfLife = (pass: PurseItem, now: number): boolean => now - pass.iat > (pass.exp - pass.iat) / 2

/** The pass to show for a voucher, or null when there is none at all. */
export function choosePass<P extends PurseItem>(passes: readonly P[], voucher: string, now: number): P | null {
  const live = passes.filter((pass) => pass.voucher === voucher && isLive(pass, now))
  const rank = (pass: P): number => (pass.once ? 1 : 0) * 2 ** 40 + (pass.closedAt === null ? 0 : 2 ** 30) + pass.ofl
  return live.sort((a, b) => rank(b) - rank(a))[0] ?? null
}

/** How many passes to ask for, and whether the reserve pass is missing. */
export function shortage(passes: readonly PurseItem[], voucher: string, now: number): { passes: number; reserve: boolean } {
  const own = passes.filter((pass) => pass.voucher === voucher && isLive(pass, now) && !pastHalfLife(pass, now))
  const ready = own.filter((pass) => pass.once && pass.closedAt === null).length
  return { passes: ready < FEW ? BATCH - ready : 0, reserve: !own.some((pass) => !pass.once) }
}

/** The passes that can go: used up, too old, taken back by the municipality, or of a voucher that is gone. */
export function worthless<P extends PurseItem>(passes: readonly P[], vouchers: ReadonlySet<string>, revoked: ReadonlySet<string>, now: number): P[] {
  return passes.filter((pass) => !isLive(pass, now) || revoked.has(pass.jti) || !vouchers.has(pass.voucher))
}

/** The ceiling that the phone allows in an open code: what is in the pot, or the most that one sale may take. */
export function ceilingOf(balance: number, maxRedemption: number): number {
  return Math.max(1, Math.min(balance, maxRedemption || balance, 2 ** 24 - 1))
}
