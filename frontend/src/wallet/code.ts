/** The activation code of the letter: ten characters of base32, written in two blocks. */

const SIZE = 10

/** Capitals without blanks; a 0, 1 or 8 can only be an O, I or B, which base32 has and those it has not. */
export function cleanCode(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z0-9]/g, '').replace(/0/g, 'O').replace(/1/g, 'I').replace(/8/g, 'B')
}

/** As in the letter: "ABCDE-FGHJK". */
export function inBlocks(typed: string): string {
  const code = cleanCode(typed).slice(0, SIZE)
  return code.length > 5 ? `${code.slice(0, 5)}-${code.slice(5)}` : code
}

export const isWhole = (typed: string): boolean => /^[A-Z2-7]{10}$/.test(cleanCode(typed))

/** The code in the letter's QR, "#code=ABCDEFGHJK"; empty when there is none. */
export function codeInLink(hash: string): string {
  const code = cleanCode(new URLSearchParams(hash.replace(/^#/, '')).get('code') ?? '')
  return isWhole(code) ? inBlocks(code) : ''
}
