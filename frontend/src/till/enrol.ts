/** How a device becomes a till: a one-time code binds a new key that cannot be read out. */
import { enrolTill, getBundle } from '../api/till.ts'
import { readBundle, type Bundle } from '../core/bundle.ts'
import { codeInLink } from '../core/code.ts'
import { makeKeyPair } from '../core/keys.ts'
import { canKeep, startChain, writeSelf, type TillSelf } from '../store/till.ts'
import { heardFrom } from './connection.ts'
import { bundle, entries, till } from './model.ts'
import { refreshLists } from './offline.ts'
import { cases, unsent } from './outbox.ts'

/** The code of a link `/till/#code=…`, which is then taken out of the address bar and the history. */
export function codeFromLink(): string | null {
  const code = codeInLink(location.hash)
  if (location.hash) history.replaceState(null, '', location.pathname)
  return code || null
}

/**
 * Answers null when the till is connected, else a refusal code, `offline`, `storage`, `bundle` or `unsent`.
 * Whether this device can keep a key is asked first: a code works once. What was not sent yet would be lost.
 */
export async function enrol(code: string): Promise<string | null> {
  const blank: TillSelf = { id: '', name: '', merchant: { number: 0, name: '' }, enrolNonce: '', key: await makeKeyPair(), bundleKeys: [], bundle: '' }
  if (!(await canKeep(blank))) return 'storage'
  if (unsent.value.rows) return 'unsent'
  const answer = heardFrom(await enrolTill(code, blank.key))
  if (!answer.ok) return answer.problem.code
  const { till: id, name, merchant, enrol_nonce: enrolNonce, bundle: token, bundle_keys: bundleKeys } = answer.value
  const read = await readBundle(token, bundleKeys).catch(() => null)
  if (!read) return 'bundle'
  await begin({ ...blank, id, name, merchant, enrolNonce, bundleKeys: read.pins ?? bundleKeys, bundle: token }, read)
  return null
}

async function begin(self: TillSelf, read: Bundle): Promise<void> {
  await startChain(self)
  entries.value = []
  bundle.value = read
  till.value = self
  cases.value = []
  void refreshLists()
  void navigator.storage?.persist?.()
}

/** Fetches the newest bundle. One that a pinned key did not sign is not taken, nor an older one; one that is taken may name new keys to pin. */
export async function refreshBundle(): Promise<void> {
  const self = till.value
  if (!self) return
  const answer = heardFrom(await getBundle(self.key))
  if (!answer.ok) return
  const read = await readBundle(answer.value.bundle, self.bundleKeys).catch(() => null)
  if (!read || till.value !== self || read.iat < (bundle.value?.iat ?? 0)) return
  till.value = { ...self, bundle: answer.value.bundle, bundleKeys: read.pins ?? self.bundleKeys }
  bundle.value = read
  await writeSelf(till.value)
}
