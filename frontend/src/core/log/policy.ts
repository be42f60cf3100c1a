/**
 * Whom to believe: logs, witnesses and a quorum (C2SP tlog-policy; spec 08).
 * 1. A checkpoint holds when a listed log signed it under its own origin and the witnesses that cosigned it
 *    fulfil the quorum.
 * 2. Every two quorums share a witness; a policy without that would let a log show everybody another view.
 * 3. One key has one line; one name is a member of one group at most.
 * 4. At a time (`policyAt`), a cosignature of the future does not count and is not shown: its witness's clock is wrong,
 *    and a log that stands still would look fresh for as long.
 * 5. A log may be listed with an ML-DSA key (type 6) as well. Phones pass that line over: Ed25519 must hold.
 */
import { equal } from '../bytes.ts'
import { parseCheckpoint, type Checkpoint } from './checkpoint.ts'
import { verifyEd25519, type Ed25519Verify } from './ed25519.ts'
import { LogError, must } from './error.ts'
import { cosignedAt, findSignature, LOG_KEY, parseKey, QUANTUM_KEY, WITNESS_KEY, type Note, type VerifierKey } from './note.ts'

type Counts = (cosigned: ReadonlySet<string>) => boolean
export type Policy = { logs: VerifierKey[]; witnesses: Map<string, VerifierKey>; quorum: string; counts: Counts; until: number }
/** Enough witnesses signed, and some of them with a time that is yet to come. */
export class TooEarly extends LogError {}
/** A believed checkpoint; `cosigned` is epoch seconds by the witness's name in the policy. */
export type Verdict = { checkpoint: Checkpoint; log: string; cosigned: Map<string, number> }

const MAX_WITNESSES = 16
const MAX_LINES = 256
const AHEAD_SECONDS = 600

type Draft = { logs: VerifierKey[]; witnesses: Map<string, VerifierKey>; counts: Map<string, Counts>; below: Map<string, Set<string>>; used: Set<string>; quorum: string }

/** Reads a policy file. Throws LogError. */
export async function parsePolicy(text: string): Promise<Policy> {
  const draft: Draft = { logs: [], witnesses: new Map(), counts: new Map(), below: new Map(), used: new Set(), quorum: '' }
  const lines = text.split('\n')
  must(lines.length <= MAX_LINES, 'A policy has at most 256 lines.')
  for (const [i, line] of lines.entries()) {
    try {
      await readLine(draft, line)
    } catch (error) {
      throw new LogError(`Line ${i + 1} of the policy: ${error instanceof Error ? error.message : error}`)
    }
  }
  must(draft.quorum, 'The policy has no quorum line.')
  const counts = draft.counts.get(draft.quorum)!
  checkIntersection([...draft.below.get(draft.quorum)!].sort(), counts)
  return { logs: draft.logs, witnesses: draft.witnesses, quorum: draft.quorum, counts, until: Infinity }
}

/** This policy at a time (epoch seconds), some minutes of which clocks may differ. Later cosignatures do not count. */
export const policyAt = (policy: Policy, now: number): Policy => ({ ...policy, until: now + AHEAD_SECONDS })

async function readLine(draft: Draft, line: string): Promise<void> {
  // oxlint-disable-next-line no-control-regex -- that is what is being refused
  must(!/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line), 'there is a control character.')
  const [verb, ...words] = line.split(/[ \t]+/).filter(Boolean)
  if (!verb || verb.startsWith('#')) return
  if (verb === 'log') await readLog(draft, words)
  else if (verb === 'witness') await readWitness(draft, words)
  else if (verb === 'group') readGroup(draft, words)
  else if (verb === 'quorum') readQuorum(draft, words)
  else throw new LogError(`${verb} is not log, witness, group or quorum.`)
}

async function readLog(draft: Draft, words: string[]): Promise<void> {
  draft.logs.push(await source(words, [LOG_KEY, QUANTUM_KEY], draft.logs))
}

async function readWitness(draft: Draft, words: string[]): Promise<void> {
  const key = await source(words.slice(1), [WITNESS_KEY], [...draft.witnesses.values()])
  const name = newName(draft, words[0]!)
  draft.witnesses.set(name, key)
  draft.counts.set(name, (cosigned) => cosigned.has(name))
  draft.below.set(name, new Set([name]))
}

function readGroup(draft: Draft, words: string[]): void {
  const [given, threshold, ...members] = words
  must(given && threshold && members.length > 0, 'a group has a name, a number and members.')
  const name = newName(draft, given)
  for (const member of members) use(draft, member)
  const needed = readThreshold(threshold, members.length)
  const parts = members.map((member) => draft.counts.get(member)!)
  draft.counts.set(name, (cosigned) => parts.filter((part) => part(cosigned)).length >= needed)
  draft.below.set(name, new Set(members.flatMap((member) => [...draft.below.get(member)!])))
}

function readQuorum(draft: Draft, words: string[]): void {
  must(!draft.quorum && words.length === 1, 'there is exactly one quorum, with one name.')
  must(words[0] !== 'none', 'quorum none lets a log show everybody another view.')
  draft.quorum = known(draft, words[0]!)
}

async function source(words: string[], algorithms: number[], others: VerifierKey[]): Promise<VerifierKey> {
  must(words.length === 1 || words.length === 2, 'a key and at most one address belong here.')
  const key = await parseKey(words[0]!)
  must(algorithms.includes(key.algorithm), `the key ${key.name} is not of type ${algorithms.join(' or ')}.`)
  must(!others.some((other) => equal(other.publicKey, key.publicKey)), `the key ${key.name} is listed twice.`)
  return key
}

function newName(draft: Draft, name: string): string {
  must(name !== 'none' && !draft.counts.has(name), `the name ${name} is taken.`)
  return name
}

function known(draft: Draft, name: string): string {
  must(draft.counts.has(name), `the name ${name} is not defined above.`)
  return name
}

function use(draft: Draft, name: string): void {
  must(!draft.used.has(known(draft, name)), `${name} is a member twice.`)
  draft.used.add(name)
}

function readThreshold(word: string, members: number): number {
  if (word === 'any') return 1
  if (word === 'all') return members
  must(/^\d+$/.test(word) && Number(word) >= 1 && Number(word) <= members, `${word} is not any, all or a number from 1 to ${members}.`)
  return Number(word)
}

/** More witnesses never break a quorum, so it is enough to try each set and its rest. */
function checkIntersection(names: string[], counts: Counts): void {
  must(names.length <= MAX_WITNESSES, 'A quorum of more than 16 witnesses is too large.')
  must(counts(new Set(names)), 'All witnesses together do not make the quorum.')
  for (let bits = 0; bits < 2 ** (names.length - 1); bits++) {
    const some = new Set(names.filter((_, i) => (bits >> i) & 1))
    const rest = new Set(names.filter((name) => !some.has(name)))
    must(!(counts(some) && counts(rest)), 'Two quorums share no witness.')
  }
}

/** The believed checkpoint of a signed note. Throws LogError; TooEarly when that is for the time alone. */
export async function checkNote(policy: Policy, note: Note, verify: Ed25519Verify = verifyEd25519): Promise<Verdict> {
  const checkpoint = await parseCheckpoint(note.text)
  const log = await signer(policy, checkpoint.origin, note, verify)
  const all = await cosigners(policy, note, verify)
  const cosigned = new Map([...all].filter(([, at]) => at <= policy.until))
  const who = [...cosigned.keys()].sort()
  if (!policy.counts(new Set(who))) {
    const why = `The quorum ${policy.quorum} is not reached: cosigned by ${who.join(', ') || 'nobody'}`
    throw policy.counts(new Set(all.keys())) ? new TooEarly(`${why}; others signed with a time that is yet to come.`) : new LogError(`${why}.`)
  }
  return { checkpoint, log, cosigned }
}

/** When each witness signed (epoch seconds). */
async function cosigners(policy: Policy, note: Note, verify: Ed25519Verify): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const [name, key] of policy.witnesses) {
    const signature = await findSignature(note, key, verify)
    if (signature) found.set(name, cosignedAt(signature))
  }
  return found
}

async function signer(policy: Policy, origin: string, note: Note, verify: Ed25519Verify): Promise<string> {
  const own = policy.logs.filter((log) => log.name === origin && log.algorithm === LOG_KEY)
  must(own.length > 0, `The policy does not list a log named ${origin}.`)
  for (const log of own) if (await findSignature(note, log, verify)) return log.name
  throw new LogError(`The log ${origin} did not sign this checkpoint.`)
}
