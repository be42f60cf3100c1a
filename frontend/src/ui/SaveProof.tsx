import type { LogReceipt } from '../core/log/receipt.ts'
import { SaveFile } from './SaveFile.tsx'

/** The name of a proof's file: its day and the start of a number, never the amount. */
export const proofName = ({ canonical }: LogReceipt, id: string): string =>
  ['meedoen-bewijs', /"date":"([\d-]{10})"/.exec(canonical)?.[1], id.slice(0, 8)].filter(Boolean).join('-') + '.json'

/** A proof as a file: anybody can check it, with the audit program or on the page of the public log. */
export function SaveProof({ proof, id, label }: { proof: LogReceipt; id: string; label: string }) {
  return <SaveFile text={JSON.stringify(proof)} name={proofName(proof, id)} label={label} />
}
