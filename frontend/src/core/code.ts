/** The one-time code of a letter, for a phone or a till: ten characters of Crockford's base32 (no I, L, O, U), written in two blocks. */

const SIZE = 10

/** Capitals without blanks; an O, I or L can only be a 0 or 1 that was misread. */
export function cleanCode(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z0-9]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
}

/** As in the letter: "ABCDE-FGHJK". */
export function inBlocks(typed: string): string {
  const code = cleanCode(typed).slice(0, SIZE)
  return code.length > 5 ? `${code.slice(0, 5)}-${code.slice(5)}` : code
}

export const isWhole = (typed: string): boolean => /^[0-9A-HJKMNP-TV-Z]{10}$/.test(cleanCode(typed))

/** The code in the letter's QR, "#code=ABCDEFGHJK"; empty when there is none. */
export function codeInLink(hash: string): string {
  const code = cleanCode(new URLSearchParams(hash.replace(/^#/, '')).get('code') ?? '')
  return isWhole(code) ? inBlocks(code) : ''
}
