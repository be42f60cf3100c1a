/**
 * Whom the reader believes: the list that the municipality publishes, or one of their own.
 * 1. What was typed stays, whatever comes in later.
 * 2. A field that is left empty holds the municipality's list again: nobody can believe nobody.
 * 3. Cosignatures of the future do not count, by the clock of this device.
 * 4. The municipality's list is asked for again when it did not come: everything rests on it.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { parsePolicy, policyAt, type Policy } from '../core/log/policy.ts'
import { text } from './log.ts'

/** The list of whom to believe cannot be read. */
export class BadPolicy extends Error {}

export type Trust = {
  shown: ReadonlySignal<string>
  type(policy: string): void
  leave(): void
  /** Asks for the municipality's list. Never throws: without it `policy` asks again. */
  load(): Promise<void>
  /** Throws Unreachable or BadPolicy. */
  policy(): Promise<Policy>
}

/** `log` is the path of the log whose policy the municipality publishes. */
export function makeTrust(log: string): Trust {
  const typed = signal<string | null>(null)
  const published = signal('')
  const fetched = async (): Promise<string> => (published.value ||= await text(`${log}/policy`))
  return {
    shown: computed(() => typed.value ?? published.value),
    type: (policy) => { typed.value = policy },
    leave: () => { if (!typed.value?.trim()) typed.value = null },
    load: () => fetched().then(() => undefined, () => undefined),
    policy: async () => policyAt(await read(typed.value?.trim() ? typed.value : await fetched()), Math.floor(Date.now() / 1000)),
  }
}

const read = (policy: string): Promise<Policy> =>
  parsePolicy(policy).catch((error: unknown) => { throw new BadPolicy(error instanceof Error ? error.message : String(error)) })
