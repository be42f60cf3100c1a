// Byte gates of the phones, read from the build's own manifest. Fails when a phone would download too much.
import { readdirSync, readFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'

const DIST = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', DIST), 'utf8'))
const KB = 1024

const gz = (file) => gzipSync(readFileSync(new URL(file, DIST)), { level: 9 }).length
const total = (files) => [...files].reduce((sum, file) => sum + gz(file), 0)

/** Every chunk that the browser must have before the entry runs. */
function initial(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) initial(next, seen)
  return seen
}

const scripts = (entry) => [...initial(entry)].map((key) => manifest[key].file)
const styles = (entry) => new Set([...initial(entry)].flatMap((key) => manifest[key].css ?? []))
/** Workers are not in the manifest: found by name. */
const asset = (pattern) => `assets/${readdirSync(new URL('assets/', DIST)).find((name) => pattern.test(name))}`
const br = (file) => brotliCompressSync(readFileSync(new URL(file, DIST))).length
const locales = Object.keys(manifest).filter((key) => key.startsWith('src/locales/'))

const gates = [
  ['wallet initial JS', total(scripts('src/wallet/main.tsx')), 45],
  ['wallet CSS', total(styles('src/wallet/main.tsx')), 10],
  ['till initial JS', total(scripts('src/till/main.tsx')), 40],
  ['till scan worker with decoder', total([asset(/^scan-worker-.*\.js$/), asset(/^zxing-.*\.js$/)]), 15],
  ['till decoder wasm, brotli', br(asset(/^zxing_reader-.*\.wasm$/)), 370],
  ['till CSS', total(styles('src/till/main.tsx')), 10],
  ['verify initial JS', total(scripts('src/verify/main.tsx')), 30],
  ['verify CSS', total(styles('src/verify/main.tsx')), 4],
  ...locales.map((key) => [`locale ${key.slice('src/locales/'.length)}`, gz(manifest[key].file), 9]),
]

// One platform's worth: a lockfile also lists every other system's binary of the same tools.
const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
const packages = Object.entries(lock.packages).filter(([path, entry]) => path && !entry.os && !entry.cpu)

let failed = packages.length > 60
for (const [name, bytes, limit] of gates) {
  const over = bytes > limit * KB
  failed ||= over
  console.log(`${over ? 'OVER' : 'ok  '} ${name}: ${(bytes / KB).toFixed(1)} of ${limit} KB`)
}
console.log(`${packages.length > 60 ? 'OVER' : 'ok  '} npm packages: ${packages.length} of 60`)
process.exit(failed ? 1 : 0)
