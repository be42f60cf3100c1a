import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { transformWithOxc } from 'vite'

const OPTIONS = { sourcemap: true, jsx: { runtime: 'automatic', importSource: 'preact' } }

const inline = (map) => `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`

/** Node's module hook: .ts and .tsx files pass through the build's own transformer, .json becomes a module. */
export async function load(url, context, next) {
  if (!/\/frontend\/(?!node_modules).*\.(?:tsx?|json)$/.test(url)) return next(url, context)
  const path = fileURLToPath(url)
  const text = await readFile(path, 'utf8')
  if (path.endsWith('.json')) return { format: 'module', source: `export default ${text}`, shortCircuit: true }
  const { code, map } = await transformWithOxc(text, path, OPTIONS)
  return { format: 'module', source: code + inline(map), shortCircuit: true }
}
