import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growth, growthOf, mostTimes } from './growth.ts'
import { growthFamilies } from './growth-families.ts'
import { type Target, targets } from './targets.ts'

test('no input takes more time than its size is worth', () => {
  for (const family of growthFamilies) {
    for (const target of targets[family.language]) {
      const times = growthOf(family, target)
      assert.ok(
        times <= mostTimes,
        `${family.name}, ${target.name}: ${growth} times the input takes ${times} times as long`,
      )
    }
  }
})

test('a decoder that looks back at everything for each byte is noticed', () => {
  const [family] = growthFamilies
  assert.ok(family)
  const lookingBack: Target = { name: 'looking back', run: pairs }
  assert.ok(growthOf(family, lookingBack) > mostTimes)
})

function pairs(input: Uint8Array): number {
  let found = 0
  for (let at = 0; at < input.length; at++) {
    for (let before = at & 255; before < at; before += 256) if (input[before] === input[at]) found++
  }
  return found
}
