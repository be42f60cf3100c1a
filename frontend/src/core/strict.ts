/**
 * Reading strictly: one text, one meaning (spec 02).
 * 1. JSON is compact ASCII with integers only: reading and writing gives the same text.
 * 2. A claim set has exactly the named members, in the named order, each of the named type and range.
 */
import { fromBase64url } from './bytes.ts'

export type Claims = Record<string, unknown>
export type Check = (value: unknown) => boolean
export type Shape = Record<string, Check>

export class Malformed extends Error {
  override name = 'Malformed'
}

/** Compact JSON in ASCII, as the Python twin writes it. */
export function compact(value: unknown): string {
  return JSON.stringify(value).replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** One JSON object that `compact` would write letter for letter. Throws Malformed. */
export function readJson(text: string): Claims {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Malformed('not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !wholeNumbers(value) || compact(value) !== text) {
    throw new Malformed('not a canonical JSON object')
  }
  return value as Claims
}

function wholeNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(wholeNumbers)
}

/** Demands exactly the members of `shape`, in that order, each passing its check. Throws Malformed. */
export function expectShape(claims: Claims, shape: Shape): void {
  if (Object.keys(claims).join() !== Object.keys(shape).join()) throw new Malformed('members missing, unknown or in another order')
  for (const [name, fits] of Object.entries(shape)) if (!fits(claims[name])) throw new Malformed(`member ${name} is out of range`)
}

export const whole = (low: number, high: number): Check => (value) => Number.isInteger(value) && (value as number) >= low && (value as number) <= high
export const exactly = (wanted: string): Check => (value) => value === wanted
export const flag: Check = (value) => typeof value === 'boolean'
export const listing: Check = (value) => Array.isArray(value)
export const mapping: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
export const text = (low: number, high: number): Check => (value) => typeof value === 'string' && value.length >= low && value.length <= high
export const uuid: Check = (value) => typeof value === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)

/** Canonical base64url of exactly `size` bytes. */
export function encoded(size: number): Check {
  return (value) => {
    try {
      return typeof value === 'string' && fromBase64url(value).length === size
    } catch {
      return false
    }
  }
}

export const U16 = 2 ** 16 - 1
export const U24 = 2 ** 24 - 1
export const U32 = 2 ** 32 - 1
