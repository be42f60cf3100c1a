/** The log as a folder of files (C2SP tlog-tiles; spec 07): bundles of 256 leaves, the last one narrower. */
import { readUint, type Bytes } from '../bytes.ts'
import { must } from './error.ts'

const WIDTH = 256

/** The paths of all bundles of a log of `size` leaves, and how many leaves each holds. */
export function bundles(size: number): { path: string; width: number }[] {
  return Array.from({ length: Math.ceil(size / WIDTH) }, (_, index) => {
    const width = Math.min(WIDTH, size - index * WIDTH)
    return { path: `tile/entries/${numbered(index)}${width < WIDTH ? `.p/${width}` : ''}`, width }
  })
}

/** Groups of three digits, all but the last with an x in front. */
function numbered(index: number): string {
  const digits = String(index)
  const parts = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.../g)!
  return parts.map((part, at) => (at < parts.length - 1 ? `x${part}` : part)).join('/')
}

/** The leaves of a bundle. Throws LogError when it holds more, fewer or a part. */
export function readBundle(bundle: Bytes, width: number): Bytes[] {
  const leaves: Bytes[] = []
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 + readUint(bundle.subarray(at, at + 2))
    must(at + 2 <= bundle.length && end <= bundle.length, 'An entry bundle ends in the middle of a leaf.')
    leaves.push(bundle.slice(at + 2, end))
    at = end
  }
  must(leaves.length === width, `An entry bundle holds ${leaves.length} leaves where ${width} belong.`)
  return leaves
}
