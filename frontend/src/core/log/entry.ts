/** Leaves of the log: canonical JSON (RFC 8785 profile; spec 07): printable ASCII, whole numbers, sorted members. */
import type { Bytes } from '../bytes.ts'
import { LogError, must } from './error.ts'

export type JsonObject = { [name: string]: unknown }

/** Reads a canonical object. Throws LogError when it is written in any other way. */
export function decodeEntry(raw: Bytes): JsonObject {
  const text = latin(raw)
  const value = parse(text)
  must(typeof value === 'object' && value !== null && !Array.isArray(value) && written(value) === text, 'A leaf is not written in the canonical form.')
  return value as JsonObject
}

/** Bytes as characters one to one: what is not ASCII is refused when it is written again. */
function latin(raw: Bytes): string {
  return Array.from(raw, (byte) => String.fromCharCode(byte)).join('')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new LogError('A leaf is not JSON.')
  }
}

/** What can be read may still be too deep to write. */
function written(value: object): string {
  try {
    return write(value)
  } catch (error) {
    if (error instanceof RangeError) throw new LogError('A leaf is not JSON.')
    throw error
  }
}

/** The one way to write a value. Throws LogError for what has no canonical form. */
function write(value: unknown): string {
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value === 'string') return writeString(value)
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  must(typeof value === 'object' && value !== null, 'A leaf holds no null.')
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, item]) => `${writeString(name)}:${write(item)}`).join(',')}}`
}

function writeNumber(value: number): string {
  must(Number.isSafeInteger(value), 'A leaf holds only whole numbers.')
  return String(value)
}

function writeString(value: string): string {
  must(/^[ -~]*$/.test(value), 'A leaf holds only printable ASCII.')
  return JSON.stringify(value)
}
