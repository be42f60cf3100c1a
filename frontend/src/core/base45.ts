/** Base45 (RFC 9285): the alphabet of a QR's alphanumeric mode. Strict both ways. */
import type { Bytes } from './bytes.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'

export function encodeBase45(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 2) {
    const pair = i + 1 < bytes.length
    const value = pair ? bytes[i]! * 256 + bytes[i + 1]! : bytes[i]!
    text += ALPHABET[value % 45]! + ALPHABET[Math.floor(value / 45) % 45]!
    if (pair) text += ALPHABET[Math.floor(value / 2025)]!
  }
  return text
}

/** Throws on a foreign character, a lone last character, or a group above its bytes' range. */
export function decodeBase45(text: string): Bytes {
  if (text.length % 3 === 1) throw new Error('base45: a lone character')
  const out: number[] = []
  for (let i = 0; i < text.length; i += 3) out.push(...group(text.slice(i, i + 3)))
  return Uint8Array.from(out)
}

function group(chars: string): number[] {
  const value = Array.from(chars, digit).reduceRight((sum, next) => sum * 45 + next, 0)
  if (value >= (chars.length === 3 ? 65536 : 256)) throw new Error('base45: group out of range')
  return chars.length === 3 ? [Math.floor(value / 256), value % 256] : [value]
}

function digit(char: string): number {
  const value = ALPHABET.indexOf(char)
  if (value < 0) throw new Error('base45: foreign character')
  return value
}
