import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const SOURCES = new URL('../src/', import.meta.url)

/** Who may import whom. Core stands alone; the two apps do not know each other. */
const MAY: Record<string, string[]> = {
  core: [],
  store: ['core'],
  api: ['core', 'store'],
  sync: ['core', 'store', 'api'],
  ui: ['core'],
  scan: ['core', 'api', 'ui'],
  wallet: ['core', 'store', 'api', 'sync', 'ui', 'scan', 'locales'],
  till: ['core', 'store', 'api', 'sync', 'ui', 'scan', 'locales'],
  verify: ['core', 'api', 'ui', 'scan', 'locales'],
  locales: [],
}

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))

function importedLayers(file: string): string[] {
  const source = readFileSync(new URL(file, SOURCES), 'utf8')
  const here = new URL(file, SOURCES)
  const paths = [...source.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].map(([, path]) => new URL(path!, here).href.slice(SOURCES.href.length))
  return [...new Set(paths.map((path) => path.split('/')[0]!))]
}

test('each layer imports only the layers under it', () => {
  for (const file of files) {
    const layer = file.split('/')[0]!
    assert.ok(layer in MAY, `${file} is in a layer that is not declared`)
    for (const other of importedLayers(file)) assert.ok(other === layer || MAY[layer]!.includes(other), `${file} imports ${other}`)
  }
})

test('the core knows no clock, no network and no storage', () => {
  for (const file of files.filter((name) => name.startsWith('core/'))) {
    const source = readFileSync(new URL(file, SOURCES), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    assert.doesNotMatch(source, /Date\.now|new Date|fetch\(|localStorage|indexedDB|document\.|navigator\./, file)
  }
})
