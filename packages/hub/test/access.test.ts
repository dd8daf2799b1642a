import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { Access } from '../src/access/access.ts'
import { compileNames } from '../src/access/address-pattern.ts'
import { compileDotted, compileGlob, dottedTest } from '../src/access/glob.ts'
import { readClientPatterns, readPermissions } from '../src/access/read-permissions.ts'

/** True where a client with this one permission to send may send there. */
function maySend(pattern: string, address: string, client = 'me'): boolean {
  return new Access([{ operations: ['send'], addresses: [pattern] }], client).may('send', address)
}

/** The methods out of a sample that may be called of the hub. */
function callable(access: Access): readonly string[] {
  return ['user.get', 'user.get.all', 'me.save', 'order', 'hub.stats'].filter((method) => access.mayCall('hub', method))
}

/** The addresses out of a sample that a pattern means. */
function meant(pattern: string, client?: string): readonly string[] {
  const sample = ['all', 'hub', 'ann', 'anna', 'ann:x', 'client:group:x', 'group:ann', 'group:x', 'queue:ann']
  const channels = ['channel:a', 'channel:a.b', 'channel:a.b.c', 'channel:b.a']
  return [...sample, ...channels].filter((address) => maySend(pattern, address, client))
}

suite('a permission for some methods', () => {
  const operations = ['request', 'send'] as const

  test('allows to call these only, of the addresses that it names', () => {
    const access = new Access([{ operations, addresses: ['hub', 'ann'], methods: ['user.*', '{client}.save'] }], 'me')
    assert.deepEqual(callable(access), ['user.get', 'user.get.all', 'me.save'])
    assert.equal(access.mayCall('ann', 'user.get'), true)
    assert.equal(access.mayCall('bob', 'user.get'), false)
    assert.equal(access.may('request', 'hub'), false)
    assert.equal(access.may('send', 'hub'), true)
  })

  test('takes nothing away from one for all', () => {
    const all = { operations: ['request'], addresses: ['hub'] } as const
    const access = new Access([{ ...all, methods: ['order'] }, all], 'me')
    assert.equal(callable(access).length, 5)
    assert.deepEqual(callable(new Access([{ ...all, methods: [] }], 'me')), [])
    assert.equal(callable(new Access(undefined, 'me')).length, 5)
  })
})

suite('a pattern of addresses', () => {
  test('without a prefix means clients, with one its kind, and no star reaches from one kind to another', () => {
    assert.deepEqual(meant('ann'), ['ann'])
    assert.deepEqual(meant('client:ann'), ['ann'])
    assert.deepEqual(meant('ann*'), ['ann', 'anna', 'ann:x'])
    assert.deepEqual(meant('*x'), ['ann:x', 'client:group:x'])
    assert.deepEqual(meant('client:*'), ['ann', 'anna', 'ann:x', 'client:group:x'])
    assert.deepEqual(meant('client:group:*'), ['client:group:x'])
    assert.deepEqual(meant('group:*'), ['group:ann', 'group:x'])
    assert.deepEqual(meant('g*:x'), ['client:group:x'])
    assert.deepEqual(meant('queue:ann'), ['queue:ann'])
    assert.deepEqual(meant('all'), ['all'])
    assert.deepEqual(meant('al*'), [])
    assert.deepEqual(meant('hub'), ['hub'])
    assert.deepEqual(meant('server'), ['hub'])
    assert.equal(meant('*').length, 13)
  })

  test('keeps the star of a channel inside one part, and lets two stars be any number of parts', () => {
    assert.deepEqual(meant('channel:*'), ['channel:a'])
    assert.deepEqual(meant('channel:a.*'), ['channel:a.b'])
    assert.deepEqual(meant('channel:a.**'), ['channel:a', 'channel:a.b', 'channel:a.b.c'])
    assert.deepEqual(meant('channel:**'), ['channel:a', 'channel:a.b', 'channel:a.b.c', 'channel:b.a'])
    assert.deepEqual(meant('channel:**.a'), ['channel:a', 'channel:b.a'])
    assert.ok(maySend('channel:room-*.news', 'channel:room-7.news'))
    assert.ok(!maySend('channel:room-*.news', 'channel:room-7.8.news'))
  })

  test('takes the own id literally, whatever it looks like', () => {
    assert.deepEqual(meant('group:{client}', 'ann'), ['group:ann'])
    assert.deepEqual(meant('group:{client}', '*'), [])
    assert.ok(maySend('group:{client}', 'group:*', '*'))
    assert.deepEqual(meant('{client}', 'group:x'), ['client:group:x'])
    assert.deepEqual(meant('channel:{client}.**', '**'), [])
    assert.deepEqual(meant('channel:{client}.**', 'a.b'), [])
    assert.ok(maySend('queue:{client}-*', 'queue:{client}-1', '{client}'))
    assert.ok(maySend('{client}', '$&', '$&'))
  })

  test('is matched as a simple matcher would', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 })
    fc.assert(fc.property(pattern, name, (glob, text) => compileGlob(glob)(text) === naive(glob, text)))
    fc.assert(
      fc.property(pattern, name, (glob, text) => dottedTest(compileDotted(glob))(text) === naiveDotted(glob, text)),
      {
        numRuns: 1000,
      },
    )
  })

  test('costs little, however many stars it has', () => {
    const stars = `${'a*'.repeat(159)}b`
    assert.equal(maySend(stars, 'a'.repeat(128)), false)
    const parts = `channel:${Array(60).fill('**.a').join('.')}.b`
    assert.equal(maySend(parts, `channel:${Array(64).fill('a').join('.')}`), false)
  })

  test('that is none is refused', () => {
    const bad = ['', 'client:', 'group:', 'channel:', 'channel:a..b', 'channel:a**', 'channel:.a', '**', 'group:**']
    for (const pattern of [...bad, 'a\n', '\ud800', 'x'.repeat(321)]) {
      assert.throws(() => maySend(pattern, 'a'), { code: 'invalid_option' }, pattern)
    }
  })
})

suite('access', () => {
  test('without permissions is everything but to administer, without authentication everything', () => {
    const plain = new Access(undefined, 'me')
    for (const address of ['all', 'hub', 'ann', 'channel:a.b']) {
      for (const operation of ['send', 'request', 'see'] as const) assert.ok(plain.may(operation, address))
      assert.ok(!plain.may('administer', address))
      assert.ok(Access.everything.may('administer', address))
    }
    assert.ok(Access.everything.mayAlways('see'))
  })

  test('is what some permission allows, and to see oneself', () => {
    const access = new Access(
      [
        { operations: ['send', 'request'], addresses: ['ann', 'hub'] },
        { operations: ['see', 'send'], addresses: ['bob*'] },
      ],
      'group:me',
    )
    for (let asked = 0; asked < 2; asked++) {
      assert.ok(access.may('send', 'ann') && access.may('send', 'bobby') && access.may('request', 'hub'))
      assert.ok(!access.may('send', 'all') && !access.may('request', 'bob') && !access.may('see', 'ann'))
    }
    assert.ok(access.may('see', 'client:group:me') && access.may('see', 'bob'))
    assert.ok(!access.may('send', 'client:group:me'))
    assert.ok(!access.mayAlways('send'))
    assert.ok(!new Access([], 'me').may('send', 'me') && new Access([], 'me').may('see', 'me'))
    assert.ok(new Access([{ operations: ['send'], addresses: ['ann', '*'] }], 'me').mayAlways('send'))
  })

  test('goes on being right when very many addresses are asked about', () => {
    const access = new Access([{ operations: ['send'], addresses: ['*0'] }], 'me')
    for (let round = 0; round < 2; round++) {
      for (let id = 0; id < 2000; id++) assert.equal(access.may('send', `c${id}`), id % 10 === 0)
    }
  })
})

suite('permissions from outside', () => {
  test('are read as they are written', () => {
    const permissions = [{ operations: ['send', 'see'], addresses: ['ann', 'channel:a.**'] }]
    assert.deepEqual(readPermissions(permissions), permissions)
    assert.deepEqual(readPermissions([]), [])
    assert.deepEqual(readClientPatterns(['ann', 'sensor-*']), ['ann', 'sensor-*'])
  })

  test('are refused with what is wrong', () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      ['send', /permissions must be a list/],
      [{ send: ['*'] }, /permissions must be a list/],
      [[null], /permissions\[0\] must be an object/],
      [[{ operations: ['send'] }], /permissions\[0\]\.addresses must be a list/],
      [
        [{ operations: ['fly'], addresses: [] }],
        /"fly" is no operation; there are send, request, see, join, subscribe, administer/,
      ],
      [[{ operations: ['send'], addresses: [7] }], /a value of type number is no text/],
      [[{ operations: ['send'], addresses: ['a', 'group:'] }], /"group:" is no pattern/],
      [[{ operations: ['send'], addresses: [], deny: ['a'] }], /unknown member "deny"/],
      [[{ operations: ['send'], addresses: [], methods: ['a'] }], /methods go with the operation request/],
      [[{ operations: ['request'], addresses: [], methods: ['a.**'] }], /"a\.\*\*" is no pattern/],
      [[{ operations: ['send'], addresses: Array(1025).fill('a') }], /at most 1024/],
      [Array(3).fill({ operations: ['send'], addresses: Array(400).fill('a') }), /1200 patterns; at most 1024/],
      [Array(257).fill({ operations: [], addresses: [] }), /at most 256/],
    ]
    for (const [value, message] of cases) {
      assert.throws(() => readPermissions(value), { code: 'invalid_option', message })
    }
    assert.throws(() => readClientPatterns(['**']), { code: 'invalid_option' })
    assert.throws(() => readClientPatterns('ann'), { code: 'invalid_option' })
  })
})

test('client ids are matched whole, and their colons mean nothing', () => {
  const fits = compileNames(['ann', 'sensor-*', 'group:*'])
  assert.deepEqual(['ann', 'anna', 'sensor-1', 'a-sensor-1', 'group:x', 'x'].map(fits), [
    true,
    false,
    true,
    false,
    true,
    false,
  ])
  assert.equal(compileNames([])('ann'), false)
  assert.throws(() => compileNames(['']), { code: 'invalid_option' })
})

function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*') return naive(pattern.slice(1), text) || (text !== '' && naive(pattern, text.slice(1)))
  return pattern[0] === text[0] && naive(pattern.slice(1), text.slice(1))
}

function naiveDotted(pattern: string, text: string): boolean {
  const match = (parts: readonly string[], names: readonly string[]): boolean => {
    const [part, ...others] = parts
    const [name, ...rest] = names
    if (part === undefined) return name === undefined
    if (part === '**') return match(others, names) || (name !== undefined && match(parts, rest))
    return name !== undefined && naive(part, name) && match(others, rest)
  }
  return match(pattern.split('.'), text.split('.'))
}
