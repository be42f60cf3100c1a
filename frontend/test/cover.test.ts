import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../src/core/bytes.ts'
import { partName, readCover, verifyPart } from '../src/core/log/cover.ts'
import { LogError } from '../src/core/log/error.ts'
import { vectors } from './vectors.ts'

const { leaf, accepted, refused, refused_leaves } = vectors('cover')

test('each part of each pot stands under the root', async () => {
  const cover = readCover(utf8(leaf))
  for (const { fund, party, index, name, part } of accepted) {
    assert.equal(partName(cover, fund, party, index), name)
    await verifyPart(cover, name, part)
  }
})

test('a part with anything changed is refused', async () => {
  const cover = readCover(utf8(leaf))
  for (const { name, part, why } of refused) await assert.rejects(verifyPart(cover, name, part), LogError, why)
})

test('a leaf that is no proof of cover, or does not add up, is refused', () => {
  for (const { leaf: bad, why } of refused_leaves) assert.throws(() => readCover(utf8(bad)), LogError, why)
})
