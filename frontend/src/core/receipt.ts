/** The receipt (`vprcpt+jwt`): the municipality's signed word that a redemption was booked (spec 03). */
import { headerOf, peek, verify } from './jws.ts'
import { findKey, type Keyring } from './keyring.ts'
import { expectShape, Malformed, text, U16, U24, U32, uuid, whole, type Shape } from './strict.ts'

export const RECEIPT_TYP = 'vprcpt+jwt'
/** `aud` is `m:<merchant>` for the shop, `w` for the phone, whose copy alone tells the balance `bal`. */
export type Receipt = {
  iss: string; aud: string; iat: number; jti: string; txn: string; res: 'approved' | 'partial' | 'void' | 'refund'
  amt: number; cur: string; prg: number; bal?: number
}

const SHAPE: Shape = {
  iss: text(1, 200), aud: text(1, 12), iat: whole(0, U32), jti: uuid, txn: uuid,
  res: (value) => value === 'approved' || value === 'partial' || value === 'void' || value === 'refund',
  amt: whole(0, U24), cur: text(3, 3), prg: whole(1, U16),
}

/** The programme that a receipt names, unchecked; 0 when it names none. */
export function programmeOf(token: string): number {
  try {
    const { prg } = peek(token).claims
    return whole(1, U16)(prg) ? (prg as number) : 0
  } catch {
    return 0
  }
}

/** Checks a receipt. Throws Refusal unknown_key, or Malformed; answers null when the key did not sign it. */
export async function checkReceipt(token: string, ring: Keyring): Promise<Receipt | null> {
  const key = findKey(ring, peek(token).header['kid'], 'receipt')
  const claims = await verify(token, key.key, headerOf(RECEIPT_TYP, key.kid))
  if (!claims) return null
  const forWallet = claims['aud'] === 'w'
  expectShape(claims, forWallet && 'bal' in claims ? { ...SHAPE, bal: whole(0, U32) } : SHAPE)
  if (!forWallet && !String(claims['aud']).startsWith('m:')) throw new Malformed('aud is m:<merchant> or w')
  return claims as Receipt
}
