import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Random } from '../simulator/random.ts'
import { fuzz, problemOf } from './fuzzing.ts'
import { beginningsOf, drawInput } from './inputs.ts'
import { type Target, targets } from './targets.ts'

interface Entry {
  readonly target: string
  readonly base64: string
  readonly why: string
}

const path = new URL('corpus.json', import.meta.url)
const { inputs }: { inputs: readonly Entry[] } = JSON.parse(readFileSync(path, 'utf8'))

describe('inputs that once did harm do none any more', () => {
  for (const { target: name, base64, why } of inputs) {
    test(`${name}: ${why}`, () => {
      const target = Object.values(targets)
        .flat()
        .find((each) => each.name === name)
      assert.ok(target)
      assert.equal(problemOf(target, Buffer.from(base64, 'base64')), undefined)
    })
  }
})

test('a seed stands for the same inputs', () => {
  const draw = (): readonly Uint8Array[] => {
    const random = new Random(7)
    const beginnings = beginningsOf('msgpack')
    return Array.from({ length: 100 }, () => drawInput('msgpack', beginnings, random))
  }
  assert.deepEqual(draw(), draw())
})

test('a decoder that throws something else, or makes too much of little, is noticed', () => {
  const careless: Target = {
    name: 'careless',
    run: (input) => {
      if (input[0] === 0xdf) throw new RangeError('too many')
    },
  }
  const hoarder: Target = { name: 'hoarder', run: (input) => Array.from({ length: 5000 }, () => input.length) }
  assert.equal(problemOf(careless, Uint8Array.of(0xdf)), 'RangeError: too many')
  assert.match(problemOf(hoarder, Uint8Array.of(1)) ?? '', /1 bytes became/)
})

test('what is found is cut down to what matters', () => {
  const targetsOfJson: readonly Target[] = [
    {
      name: 'afraid of z',
      run: (input) => {
        if (input.includes(0x7a)) throw new TypeError('z')
      },
    },
  ]
  const found = fuzz({ language: 'json', seed: 1, inputs: 10_000, against: targetsOfJson })
  assert.equal(Buffer.from(found?.base64 ?? '', 'base64').toString(), 'z')
})
