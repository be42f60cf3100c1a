/** A file of our own whose content is known beforehand. */
import { sha256, toHex } from '../core/bytes.ts'

/** The bytes at `url` when their SHA-256 (hexadecimal) is the given one. Throws otherwise. */
export async function fetchPinned(url: string, hash: string): Promise<ArrayBuffer> {
  const answer = await fetch(url)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  if (!answer.ok || toHex(await sha256(bytes)) !== hash) throw new Error(`not the pinned file: ${url}`)
  return bytes.buffer
}
