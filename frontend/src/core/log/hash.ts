/** Hashes and salts as the log writes them: 64 hex digits. */
import { fromHex, type Bytes } from '../bytes.ts'
import { must } from './error.ts'

export const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

/** The 32 bytes of a salt. Throws LogError. */
export function readSalt(text: string): Bytes {
  must(isHash(text), 'A salt is 64 hex digits.')
  return fromHex(text)
}
