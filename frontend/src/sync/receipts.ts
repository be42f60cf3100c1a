/**
 * Did the municipality sign for each payment? A receipt must
 * 1. be signed by a receipt key of the issuer, and be the phone's own copy;
 * 2. be about this very payment: its number, kind, amount and programme.
 * The keys stay on the phone. Newer ones are asked for when they do not tell; without them nothing is said.
 */
import { getKeys, type Activity } from '../api/wallet.ts'
import { readKeyring, type Keyring } from '../core/keyring.ts'
import { checkReceipt, type Receipt } from '../core/receipt.ts'
import { Refusal } from '../core/refusals.ts'
import type { Claims } from '../core/strict.ts'
import { activity, amendSelf, doubtful, self } from './wallet.ts'

/** `unknown` is a key that this phone does not have. */
type Verdict = 'good' | 'bad' | 'unknown'

const RESULTS: Partial<Record<Activity['kind'], readonly Receipt['res'][]>> = { redemption: ['approved', 'partial'], void: ['void'], refund: ['refund'] }

/** Looks at the receipts that are new; the payments without one that holds are then in `doubtful`. */
export async function checkReceipts(): Promise<void> {
  const me = self.value
  if (!me) return
  const renew = async (): Promise<Keyring | null> => {
    const answer = await getKeys()
    const ring = answer.ok ? await readReceiptKeys(answer.value.keys, me.issuer).catch(() => null) : null
    if (answer.ok && ring) await amendSelf({ issuerKeys: answer.value.keys })
    return ring
  }
  doubtful.value = await findDoubtful(activity.value, me.issuer, await readReceiptKeys(me.issuerKeys ?? [], me.issuer), renew)
}

/** Throws Malformed or Error on what is no key of this protocol. */
export const readReceiptKeys = (keys: readonly Claims[], issuer: string): Promise<Keyring> =>
  readKeyring({ keys: keys.filter((key) => key['vp_use'] === 'receipt') }, issuer)

// What was judged since the page opened: the answer of the server repeats every payment.
const judged = new Map<string, boolean>()
const wordsOf = ({ id, kind, amount, prg, receipt }: Activity): string => [id, kind, amount, prg, receipt].join()

/** The payments without a receipt that holds. `renew` gets the newest keys, or null when they cannot be had now. */
export async function findDoubtful(all: readonly Activity[], issuer: string, known: Keyring, renew: () => Promise<Keyring | null>): Promise<Set<string>> {
  const payments = all.filter(({ kind }) => kind in RESULTS)
  const news = (): Activity[] => payments.filter((payment) => !judged.has(wordsOf(payment)))
  for (const payment of news()) note(payment, await judge(payment, known, issuer))
  const ring = news().length ? await renew() : null
  if (ring) for (const payment of news()) note(payment, (await judge(payment, ring, issuer)) === 'good' ? 'good' : 'bad')
  return new Set(payments.filter((payment) => judged.get(wordsOf(payment)) === false).map(({ id }) => id))
}

function note(payment: Activity, verdict: Verdict): void {
  if (verdict !== 'unknown') judged.set(wordsOf(payment), verdict === 'good')
}

async function judge(payment: Activity, ring: Keyring, issuer: string): Promise<Verdict> {
  try {
    const receipt = await checkReceipt(payment.receipt ?? '', ring)
    return receipt && receipt.iss === issuer && receipt.aud === 'w' && isAbout(receipt, payment) ? 'good' : 'bad'
  } catch (error) {
    return error instanceof Refusal && error.code === 'unknown_key' ? 'unknown' : 'bad'
  }
}

function isAbout({ jti, amt, prg, res }: Receipt, payment: Activity): boolean {
  return jti === payment.id && amt === Math.abs(payment.amount) && prg === payment.prg && RESULTS[payment.kind]!.includes(res)
}
