/** The name of a shop in the books, which the log hides: a UUIDv5 over its number (spec 07 §6). */
import { concat, fromHex, toHex, utf8 } from '../bytes.ts'

const URL_NAMESPACE = fromHex('6ba7b8119dad11d180b400c04fd430c8')

/** `number` is the shop's own number, as its till and its letters name it. */
export async function merchantId(muni: number, number: string): Promise<string> {
  const named = concat(URL_NAMESPACE, utf8(`meedoen:merchant:${muni}:${number}`))
  const id = new Uint8Array(await crypto.subtle.digest('SHA-1', named)).slice(0, 16)
  id[6] = (id[6]! & 0x0f) | 0x50 // version 5
  id[8] = (id[8]! & 0x3f) | 0x80 // variant of RFC 9562
  return toHex(id).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
