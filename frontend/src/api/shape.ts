/** Validators: each reads one JSON value or throws. A server that answers otherwise is an unavailable one. */
import type { LogReceipt } from '../core/log/receipt.ts'

export type Read<T> = (value: unknown) => T

function fail(wanted: string): never {
  throw new TypeError(`not ${wanted}`)
}

export const text: Read<string> = (value) => (typeof value === 'string' ? value : fail('a text'))
export const whole: Read<number> = (value) => (Number.isSafeInteger(value) ? (value as number) : fail('a whole number'))
export const flag: Read<boolean> = (value) => (typeof value === 'boolean' ? value : fail('true or false'))
export const anything: Read<unknown> = (value) => value

/** null and a missing member read as null. */
export const maybe = <T>(read: Read<T>): Read<T | null> => (value) => (value === null || value === undefined ? null : read(value))

export const list = <T>(read: Read<T>): Read<T[]> => (value) => (Array.isArray(value) ? value.map((item) => read(item)) : fail('a list'))

export const oneOf = <T extends string>(...names: T[]): Read<T> => (value) => (names.includes(value as T) ? (value as T) : fail(names.join(' or ')))

/** The named members; others are passed over, so the server may add some. */
export function record<T extends object>(shape: { [K in keyof T]: Read<T[K]> }): Read<T> {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('an object')
    const members = value as Record<string, unknown>
    return Object.fromEntries(Object.entries<Read<unknown>>(shape as Record<string, Read<unknown>>).map(([name, read]) => [name, read(members[name])])) as T
  }
}

/** The proof of a payment, as phones and tills get it (spec 07 §7). */
export const logReceipt = record<LogReceipt>({ canonical: text, salt: text, inner_path: list(text), tlog_proof: text })
