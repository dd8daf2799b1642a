import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Recent } from '../src/sqlite/recent.ts'

suite('what was used last', () => {
  test('is remembered, and nothing of what is twice as old', () => {
    const recent = new Recent<number>(4)
    for (let number = 0; number < 10; number++) recent.set(`k${number}`, number)
    const known = (numbers: number[]): unknown[] => numbers.map((number) => recent.get(`k${number}`))
    assert.deepEqual(known([9, 8, 7, 6]), [9, 8, 7, 6])
    assert.deepEqual(known([0, 1]), [undefined, undefined])
  })

  test('stays as long as it is asked for', () => {
    const recent = new Recent<number>(4)
    for (let number = 0; number < 100; number++) {
      recent.set(`k${number}`, number)
      assert.equal(recent.get('k0'), 0)
    }
    assert.equal(recent.get('k1'), undefined)
  })

  test('is forgotten when it is taken out, and has one value', () => {
    const recent = new Recent<number>(2)
    recent.set('k0', 7)
    recent.set('k1', 1)
    recent.set('k0', 0)
    assert.equal(recent.get('k0'), 0)
    recent.delete('k0')
    recent.delete('k1')
    assert.deepEqual([recent.get('k0'), recent.get('k1')], [undefined, undefined])
  })
})
