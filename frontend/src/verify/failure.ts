/** What it means to the reader that a check stopped half-way. */
import { LogError } from '../core/log/error.ts'
import { TooEarly } from '../core/log/policy.ts'
import { Unreachable } from './log.ts'
import { BadPolicy } from './trust.ts'

export type Failure =
  | { kind: 'differs'; why: string }
  | { kind: 'unreachable' }
  | { kind: 'untrusted'; why: string }
  /** Witnesses signed with a time that is yet to come: their clocks are wrong, or this one is. */
  | { kind: 'early'; why: string }
  /** This browser lacks something, or could not load a part of the program: that says nothing of the log. */
  | { kind: 'stuck'; why: string }

export function failureOf(error: unknown): Failure {
  if (error instanceof Unreachable) return { kind: 'unreachable' }
  const why = error instanceof Error ? error.message : String(error)
  if (error instanceof BadPolicy) return { kind: 'untrusted', why }
  if (error instanceof TooEarly) return { kind: 'early', why }
  return { kind: error instanceof LogError ? 'differs' : 'stuck', why }
}
