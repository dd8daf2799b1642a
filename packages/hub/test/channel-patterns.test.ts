import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isPosthouseError } from '@posthouse/core'
import fc from 'fast-check'
import { Access } from '../src/access/access.ts'
import { coversChannels } from '../src/access/coverage.ts'
import { compileDotted } from '../src/access/glob.ts'
import { partsOfName, readChannelPattern } from '../src/channels/channel-pattern.ts'
import { PatternTrie } from '../src/channels/pattern-trie.ts'

const runs = { numRuns: 400 }

/** The plainest way to say what a pattern means. `a*` is a part of permitted patterns only. */
function fits(pattern: readonly string[], name: readonly string[]): boolean {
  const [part, ...rest] = pattern
  const [first, ...others] = name
  if (part === undefined) return name.length === 0
  if (part === '**') return fits(rest, name) || (first !== undefined && fits(pattern, others))
  return first !== undefined && (part === '*' || part === first || isGlobOf(part, first)) && fits(rest, others)
}

function isGlobOf(part: string, text: string): boolean {
  return part.endsWith('*') && text.startsWith(part.slice(0, -1))
}

/** Every name of up to `most` parts out of a few words. */
function* names(words: readonly string[], most: number): Iterable<readonly string[]> {
  if (most === 0) return
  for (const word of words) {
    yield [word]
    for (const rest of names(words, most - 1)) yield [word, ...rest]
  }
}

const patternPart = fc.constantFrom('a', 'b', 'c', '*', '**')
const pattern = fc.array(patternPart, { minLength: 1, maxLength: 5 })
const name = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 })

suite('a pattern of channels', () => {
  test('has literal parts, * for one part and ** for any number', () => {
    assert.deepEqual(readChannelPattern('channel:a.*.**').parts, ['a', '*', '**'])
    assert.deepEqual(readChannelPattern('channel:günther.{client}').parts, ['günther', '{client}'])
    for (const wrong of [
      'group:a',
      'channel:',
      'channel:a..b',
      'channel:a*',
      'channel:a.***',
      'channel:\u0001',
      'a.*',
    ]) {
      assert.throws(() => readChannelPattern(wrong), { code: 'invalid_address' }, wrong)
    }
  })

  test('is of bounded length, and has a bounded number of parts and of **', () => {
    assert.equal(readChannelPattern(`channel:${'x'.repeat(320)}`).parts.length, 1)
    assert.throws(() => readChannelPattern(`channel:${'x'.repeat(321)}`), { code: 'invalid_address' })
    assert.equal(readChannelPattern(`channel:${'*.'.repeat(63)}*`).parts.length, 64)
    assert.throws(() => readChannelPattern(`channel:${'*.'.repeat(64)}*`), { code: 'invalid_address' })
    assert.throws(() => readChannelPattern('channel:**.a.**.a.**.a.**.a.**'), { code: 'invalid_address' })
  })

  test('is no name: what is published goes to one channel', () => {
    assert.deepEqual(partsOfName('a.b'), ['a', 'b'])
    assert.throws(
      () => partsOfName('a.*'),
      (error) => isPosthouseError(error) && error.code === 'invalid_address',
    )
  })
})

suite('the patterns of all subscriptions', () => {
  test('are found for a name as a simple matcher finds them, whatever has come and gone before', () => {
    const step = fc.record({ pattern, leaves: fc.boolean() })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.array(name, { minLength: 1, maxLength: 10 }),
        (steps, asked) => {
          const trie = new PatternTrie<readonly string[]>()
          const there = new Set<readonly string[]>()
          for (const { pattern, leaves } of steps) {
            const oldest = leaves ? [...there][0] : undefined
            if (oldest !== undefined) {
              trie.delete(oldest, oldest)
              there.delete(oldest)
            }
            trie.add(pattern, pattern)
            there.add(pattern)
            for (const each of asked) {
              const found = trie.match(each.join('.'))
              assert.equal(found.length, new Set(found).size)
              assert.deepEqual(new Set(found), new Set([...there].filter((known) => fits(known, each))))
            }
          }
        },
      ),
      runs,
    )
  })

  test('take no room once they are gone, and nothing comes of one that was never there', () => {
    const trie = new PatternTrie<number>()
    trie.add(['a', '**'], 1)
    trie.add(['a', '**', 'b'], 2)
    trie.delete(['a', '**', 'b'], 3)
    trie.delete(['x', 'y'], 1)
    assert.deepEqual(trie.match('a.b'), [1, 2])
    trie.delete(['a', '**'], 1)
    assert.deepEqual(trie.match('a.b'), [2])
    trie.delete(['a', '**', 'b'], 2)
    assert.deepEqual(trie.match('a.b'), [])
  })
})

suite('the channels that a client may subscribe to', () => {
  const permittedPart = fc.constantFrom('a', 'b', '*', '**', 'a*')
  const permitted = fc.array(fc.array(permittedPart, { minLength: 1, maxLength: 3 }), { maxLength: 3 })
  const wanted = fc.array(fc.constantFrom('a', 'b', '*', '**'), { minLength: 1, maxLength: 3 })
  const everyName = [...names(['a', 'ab', 'b', 'z'], 6)]

  test('cover a pattern where they cover each of its names, also together, and only there', () => {
    fc.assert(
      fc.property(permitted, wanted, (patterns, parts) => {
        const covered = everyName.every((each) => !fits(parts, each) || patterns.some((known) => fits(known, each)))
        const compiled = patterns.map((known) => compileDotted(known.join('.')))
        assert.equal(coversChannels(compiled, parts), covered)
      }),
      { numRuns: 300 },
    )
  })

  const may = (addresses: readonly string[], text: string, client = 'me'): boolean =>
    new Access([{ operations: ['subscribe'], addresses }], client).mayChannels(
      'subscribe',
      readChannelPattern(text).parts,
    )

  test('are those of the operation subscribe, of every address, or of nothing', () => {
    assert.ok(may(['*'], 'channel:**'))
    assert.ok(may(['channel:**'], 'channel:a.*'))
    assert.ok(may(['channel:*', 'channel:*.*.**'], 'channel:**'))
    assert.ok(!may(['channel:*', 'channel:*.*'], 'channel:**'))
    assert.ok(!may(['channel:room-*'], 'channel:*'))
    assert.ok(may(['channel:room-*'], 'channel:room-7'))
    assert.ok(may(['channel:{client}.**'], 'channel:me.*'))
    assert.ok(!may(['channel:{client}'], 'channel:*', '*'))
    assert.ok(!may(['group:*', 'queue:*', 'all'], 'channel:a'))
    assert.ok(new Access(undefined, 'me').mayChannels('subscribe', ['**']))
    assert.ok(!new Access([], 'me').mayChannels('subscribe', ['a']))
  })

  test('are judged without end in no case', () => {
    const many = Array.from({ length: 100 }, (_, index) => `channel:**.${'*.'.repeat(index % 30)}x${index}`)
    assert.ok(!may(many, 'channel:**.*.**.*.**.*.**'))
  })
})
