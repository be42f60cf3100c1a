/** Base32 without padding (RFC 4648 §6): printed cards and activation codes. */
import { readUint, type Bytes } from './bytes.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function toBase32(bytes: Bytes): string {
  let text = ''
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const at = bit >> 3
    const pair = readUint(bytes.subarray(at, at + 1)) * 256 + (bytes[at + 1] ?? 0)
    text += ALPHABET[(pair >> (11 - (bit & 7))) & 31]!
  }
  return text
}

/** Throws on a foreign character. Left-over bits are dropped: re-encode to be strict. */
export function fromBase32(text: string): Bytes {
  const out: number[] = []
  let value = 0
  let bits = 0
  for (const char of text) {
    const digit = ALPHABET.indexOf(char)
    if (digit < 0) throw new Error('base32: foreign character')
    value = ((value << 5) | digit) & 0xfff
    bits += 5
    if (bits >= 8) out.push((value >> (bits -= 8)) & 255)
  }
  return Uint8Array.from(out)
}
