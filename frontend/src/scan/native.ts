/**
 * The browser's own BarcodeDetector. It is only trusted after a self-test: some list `qr_code` and find nothing,
 * or hand out another text. The test draws a symbol as dense as a real one and demands its exact text back.
 */
import encodeQR from 'qr'

type Found = { rawValue: string }
export type Detector = { detect(image: ImageData): Promise<Found[]> }
type DetectorClass = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> }

const MODULE = 5
const QUIET = 4
/** 301 characters, as long as an open VP1 symbol, in the alphabet of base45. */
export const TEST_TEXT = `VP1:${'SELF TEST 0123456789 $%*+-./: '.repeat(10)}`.slice(0, 301)

/** A QR symbol as black and white pixels. */
export function draw(text: string): { pixels: Uint8ClampedArray<ArrayBuffer>; size: number } {
  const modules = encodeQR(text, 'raw', { ecc: 'medium', encoding: 'alphanumeric', border: QUIET })
  const size = modules.length * MODULE
  const pixels = new Uint8ClampedArray(size * size * 4).fill(255)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (modules[Math.floor(y / MODULE)]![Math.floor(x / MODULE)]) pixels.fill(0, (y * size + x) * 4, (y * size + x) * 4 + 3)
    }
  }
  return { pixels, size }
}

/** True when the detector reads the drawn symbol back, letter for letter. A detector that throws is not trusted. */
export async function passesSelfTest(detector: Detector, toImage: (pixels: Uint8ClampedArray<ArrayBuffer>, size: number) => ImageData): Promise<boolean> {
  const { pixels, size } = draw(TEST_TEXT)
  try {
    const found = await detector.detect(toImage(pixels, size))
    return found.length === 1 && found[0]!.rawValue === TEST_TEXT
  } catch {
    return false
  }
}

/** The browser's reader when it lists QR and passes the test, else null. */
export async function nativeReader(): Promise<((image: ImageData) => Promise<string | null>) | null> {
  const Native = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector
  if (!Native || !(await Native.getSupportedFormats()).includes('qr_code')) return null
  const detector = new Native({ formats: ['qr_code'] })
  if (!(await passesSelfTest(detector, (pixels, size) => new ImageData(pixels, size, size)))) return null
  return async (image) => (await detector.detect(image))[0]?.rawValue ?? null
}
