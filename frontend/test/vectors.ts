import { readFileSync } from 'node:fs'

/** The known answers that Python and TypeScript both read. */
// oxlint-disable-next-line typescript/no-explicit-any -- test data, judged by what the tests assert
export function vectors(name: string): any {
  return JSON.parse(readFileSync(new URL(`../../tests/vectors/${name}.json`, import.meta.url), 'utf8'))
}
