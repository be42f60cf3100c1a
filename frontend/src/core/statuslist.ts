/**
 * The status list (`statuslist+jwt`, Token Status List §5): one bit for each pass, 1 is withdrawn (spec 03).
 * 1. Unpacking stops at 1 MiB: a small text that unpacks to a huge one is refused before it does harm.
 * 2. A place beyond the end counts as withdrawn: no list, no trust.
 */
import { concat, equal, fromBase64url, uint, type Bytes } from './bytes.ts'
import { headerOf, peek, verify } from './jws.ts'
import { findKey, type Keyring } from './keyring.ts'
import { exactly, expectShape, Malformed, mapping, text, U32, whole, type Claims } from './strict.ts'

export const STATUS_TYP = 'statuslist+jwt'
const MAX_BYTES = 1 << 20
const MAX_TOKEN_BYTES = 2 << 20

/** `iat` is epoch seconds; `bits` are the unpacked bytes. */
export type StatusList = { uri: string; iat: number; bits: Bytes }

/** Says whether the pass at place `idx` was withdrawn. */
export function withdrawn({ bits }: StatusList, idx: number): boolean {
  const byte = bits[idx >> 3]
  return idx < 0 || byte === undefined || ((byte >> (idx & 7)) & 1) === 1
}

/** Unpacks `lst`, to at most `most` bytes. Throws Malformed. */
export async function unpack(lst: string, most = MAX_BYTES): Promise<Bytes> {
  try {
    const packed = fromBase64url(lst)
    const bits = await inflate(packed, most)
    // Not every platform minds what comes after the end of a stream; its last four bytes are the sum of what it holds.
    if (!equal(packed.slice(-4), adler(bits))) throw new Malformed('something stands behind the list')
    return bits
  } catch (error) {
    throw error instanceof Malformed ? error : new Malformed('not a zlib stream')
  }
}

async function inflate(packed: Bytes, most: number): Promise<Bytes> {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate')).getReader()
  const parts: Uint8Array[] = []
  for (let size = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return concat(...parts)
    size += value.length
    if (size > most) {
      void reader.cancel().catch(() => undefined)
      throw new Malformed('the list is too long')
    }
    parts.push(value)
  }
}

/** Adler-32 (RFC 1950 §8.2). */
function adler(bytes: Bytes): Bytes {
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return uint(b * 65_536 + a, 4)
}

/** Checks the list that was fetched from `uri`, but for its age. Throws Refusal unknown_key or key_compromised, or Malformed. */
export async function readStatusList(token: string, uri: string, ring: Keyring): Promise<StatusList> {
  const key = findKey(ring, peek(token, MAX_TOKEN_BYTES).header['kid'], 'status')
  const claims = await verify(token, key.key, headerOf(STATUS_TYP, key.kid), MAX_TOKEN_BYTES)
  if (!claims) throw new Malformed('not signed by the status key')
  expectShape(claims, { sub: exactly(uri), iat: whole(0, U32), exp: whole(0, U32), ttl: whole(1, U32), status_list: mapping })
  const list = claims['status_list'] as Claims
  expectShape(list, { bits: whole(1, 1), lst: text(1, MAX_TOKEN_BYTES) })
  return { uri, iat: claims['iat'] as number, bits: await unpack(list['lst'] as string) }
}
