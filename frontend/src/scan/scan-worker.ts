/**
 * Reads QR symbols beside the page. Both readers load on demand: a browser whose own reader passes its
 * self-test never downloads the WebAssembly one.
 */
import type { Answer, Frame } from './messages.ts'

type Reader = (image: ImageData) => Promise<string | null>

const say = (answer: Answer): void => postMessage(answer)

async function choose(): Promise<Reader> {
  const native = 'BarcodeDetector' in globalThis ? await (await import('./native.ts')).nativeReader().catch(() => null) : null
  const read = native ?? (await (await import('./zxing.ts')).zxingReader())
  say({ kind: 'ready', engine: native ? 'native' : 'wasm' })
  return read
}

const reader = choose().catch(() => null)

addEventListener('message', async ({ data }: MessageEvent<Frame>) => {
  const read = await reader
  if (!read) return say({ kind: 'failed' })
  const text = await read(new ImageData(data.pixels, data.width, data.height)).catch(() => null)
  say({ kind: 'seen', id: data.id, text })
})
