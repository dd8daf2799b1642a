import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  aFlag,
  anything,
  aText,
  checkOptions,
  either,
  listOf,
  numberFrom,
  oneOf,
  optionsOf,
  type Rules,
  refusal,
  secretly,
} from '@posthouse/core/options'

interface Inner {
  readonly size?: number
}

interface Outer {
  readonly name: string
  readonly inner?: boolean | Inner
  readonly words?: readonly string[]
  readonly mode?: 'a' | 'b' | false
  readonly key?: string
  readonly rest?: unknown
}

const rules: Rules<Outer> = {
  name: aText,
  inner: either(aFlag, optionsOf<Inner>({ size: numberFrom(1) }, 'size')),
  words: listOf('texts', aText),
  mode: oneOf('a', 'b', false),
  key: secretly(aText),
  rest: anything,
}

describe('options that are held against rules', () => {
  const fine: readonly object[] = [
    { name: '' },
    { name: 'n', inner: true, words: [], mode: false, key: 'k', rest: null },
    { name: 'n', inner: { size: 1 }, words: undefined },
    Object.assign(Object.create({ inherited: 5 }), { name: 'n' }),
  ]
  for (const options of fine) {
    it(`may be ${JSON.stringify(options)}`, () => checkOptions('it', options as Outer, rules, ['name']))
  }

  const wrong: readonly (readonly [unknown, string])[] = [
    [null, 'it needs an object with options'],
    ['text', 'it needs an object with options'],
    [{}, 'it needs the option name'],
    [{ name: 5 }, 'it: name must be a text, not 5'],
    [{ name: 'n', nam: 'm' }, 'it has no option nam, only name, inner, words, mode, key, rest'],
    [{ name: 'n', toString: 5 }, 'it has no option toString, only name, inner, words, mode, key, rest'],
    [{ name: 'n', inner: 5 }, 'it: inner must be true or false, or an object of options, not 5'],
    [{ name: 'n', inner: [] }, 'it: inner must be true or false, or an object of options, not []'],
    [{ name: 'n', inner: {} }, 'it: inner needs the option size'],
    [{ name: 'n', inner: { size: 0 } }, 'it: inner: size must be a number from 1, not 0'],
    [{ name: 'n', inner: { size: Number.NaN } }, 'it: inner: size must be a number from 1, not NaN'],
    [{ name: 'n', words: 'w' }, 'it: words must be a list of texts, not "w"'],
    [{ name: 'n', words: ['w', 5] }, 'it: words must be a list of texts, not ["w", 5]'],
    [{ name: 'n', mode: 'c' }, 'it: mode must be one of a, b, false, not "c"'],
    [{ name: 'n', key: ['canary'] }, 'it: key must be a text, not a list'],
    [{ name: { toString: 5 } }, 'it: name must be a text, not an object with toString'],
    [{ name: null }, 'it: name must be a text, not null'],
    [{ name: () => 'n' }, 'it: name must be a text, not a function'],
  ]
  for (const [options, message] of wrong) {
    it(`are refused in these words: ${message}`, () => {
      assert.throws(() => checkOptions('it', options as Outer, rules, ['name']), { code: 'invalid_option', message })
    })
  }

  it('are shown only in part where they are long', () => {
    assert.ok(refusal('it', 'short', 'x'.repeat(10_000)).message.length < 200)
    assert.ok(refusal('it', 'short', Array(10_000).fill(1)).message.length < 200)
  })
})
