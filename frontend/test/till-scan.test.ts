import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import decodeQR from 'qr/decode.js'
import { stateFor } from '../src/scan/camera.ts'
import { draw, passesSelfTest, TEST_TEXT, type Detector } from '../src/scan/native.ts'
import { WASM_SHA256 } from '../src/scan/pin.ts'
import { makeWedge, type Stroke } from '../src/scan/wedge.ts'

const image = (data: Uint8ClampedArray<ArrayBuffer>, size: number): ImageData => ({ data, width: size, height: size, colorSpace: 'srgb' })
const finding = (text: (real: string) => string): Detector => ({
  detect: async (picture) => [{ rawValue: text(decodeQR({ data: picture.data, width: picture.width, height: picture.height })) }],
})

test('the drawn test symbol is as dense as a real code: version 10, read back letter for letter', () => {
  const { pixels, size } = draw(TEST_TEXT)
  assert.equal(size, (57 + 8) * 5)
  assert.equal(TEST_TEXT.length, 301)
  assert.equal(decodeQR({ data: pixels, width: size, height: size }), TEST_TEXT)
})

test("a browser's own reader is trusted when it reads the test symbol", async () => {
  assert.equal(await passesSelfTest(finding((real) => real), image), true)
})

test('a reader that finds nothing, something else, or breaks is not trusted', async () => {
  const bad: Detector[] = [
    { detect: async () => [] },
    finding((real) => real.slice(1)),
    finding((real) => real.toLowerCase()),
    { detect: async () => { throw new Error('no service') } },
  ]
  for (const detector of bad) assert.equal(await passesSelfTest(detector, image), false)
})

test('the pinned hash is that of the decoder in the package', () => {
  const wasm = readFileSync(new URL('../node_modules/zxing-wasm/dist/reader/zxing_reader.wasm', import.meta.url))
  assert.equal(createHash('sha256').update(wasm).digest('hex'), WASM_SHA256)
})

test('each way that a camera says no has its own state', () => {
  const states = ['NotAllowedError', 'NotReadableError', 'NotFoundError', 'OverconstrainedError', 'Unheard'].map((name) => stateFor({ name }))
  assert.deepEqual(states, ['denied', 'busy', 'missing', 'missing', 'busy'])
  assert.equal(stateFor(null), 'busy')
})

/** Types keys with a pause before each; answers the strokes. */
function type(keys: readonly string[], pause: number): Stroke[] {
  const wedge = makeWedge()
  return keys.map((key, i) => wedge(key, i * pause))
}
const CODE = ['Shift', 'V', 'P', '1', ':', 'A', ' ', '$', '0', 'Z']

test('a scanner on USB types a code and Enter in a moment', () => {
  assert.deepEqual(type([...CODE, 'Enter'], 8).at(-1), { by: 'scanner', text: 'VP1:A $0Z' })
})

test('the same keys from a person are not a scan', () => {
  assert.ok(type([...CODE, 'Enter'], 150).every(({ by }) => by === 'person'))
})

test('a quick cashier who types an amount is not a scanner', () => {
  assert.ok(type(['1', '2', '5', '0', '0', '0', '0', '0', '0', 'Enter'], 15).every(({ by }) => by === 'person'))
})

test('the digits inside a scanned code do not reach the amount', () => {
  const digits = type(CODE, 8).filter((_, i) => /\d/.test(CODE[i]!))
  assert.deepEqual(digits, [{ by: 'scanner' }, { by: 'scanner' }])
})

test('a slow tablet that stalls in the middle of a code does not cut it in two', () => {
  const wedge = makeWedge()
  const at = (i: number): number => i * 8 + (i > 5 ? 400 : 0)
  const strokes = [...CODE, 'Enter'].map((key, i) => wedge(key, at(i)))
  assert.deepEqual(strokes.at(-1), { by: 'scanner', text: 'VP1:A $0Z' })
})

test('a code that breaks off is forgotten', () => {
  const wedge = makeWedge()
  CODE.forEach((key, i) => wedge(key, i * 8))
  assert.deepEqual(wedge('Enter', 5000), { by: 'person' })
  assert.deepEqual(wedge('Enter', 5010), { by: 'person' })
})
