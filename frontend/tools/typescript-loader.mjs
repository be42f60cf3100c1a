import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { transformWithOxc } from 'vite'

const OPTIONS = { sourcemap: 'inline', jsx: { runtime: 'automatic', importSource: 'preact' } }

/** Node's module hook: .ts and .tsx files pass through the same transformer as the build. */
export async function load(url, context, next) {
  if (!/\.tsx?$/.test(url)) return next(url, context)
  const path = fileURLToPath(url)
  const { code } = await transformWithOxc(await readFile(path, 'utf8'), path, OPTIONS)
  return { format: 'module', source: code, shortCircuit: true }
}
