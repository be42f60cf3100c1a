/** What the municipality calls its programmes. The names came with the page: a browser that asked for one would tell which. */
import type { Transfer } from '../core/log/receipt.ts'
import { t } from './i18n.ts'

let muni = 0
let names: ReadonlyMap<string, string> = new Map()

/** `told` are the names by their codes, as JSON; what is not there leaves the codes. */
export function learnFunds(of: number, told: string): void {
  muni = of
  names = new Map(Object.entries(JSON.parse(told) as Record<string, string>))
}

/** The programme of a payment; by its code when another municipality gave it, or it has no name. */
export const fundName = (of: Pick<Transfer, 'muni' | 'fund'>): string => (of.muni === muni && names.get(of.fund)) || t('fund', { code: of.fund })
