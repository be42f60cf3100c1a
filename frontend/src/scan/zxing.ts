/** ZXing-C++ as WebAssembly: our own copy, pinned by its SHA-256. Another version's wasm would die in memory errors. */
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader'
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url'
import { fetchPinned } from '../api/pinned.ts'
import { WASM_SHA256 } from './pin.ts'

const OPTIONS: ReaderOptions = { formats: ['QRCode'], maxNumberOfSymbols: 1, tryHarder: true, tryInvert: true, tryRotate: true, tryDownscale: true }

/** Loads and checks the decoder. Throws when the bytes are not the pinned ones. */
export async function zxingReader(): Promise<(image: ImageData) => Promise<string | null>> {
  const wasmBinary = await fetchPinned(wasmUrl, WASM_SHA256)
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true })
  return async (image) => (await readBarcodes(image, OPTIONS))[0]?.text ?? null
}
