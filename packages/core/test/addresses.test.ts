import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Address,
  type AddressKind,
  clientAddress,
  formatAddress,
  isClientId,
  maxNameLength,
  parseAddress,
} from '@posthouse/core'
import fc from 'fast-check'

const invalid = { name: 'PosthouseError', code: 'invalid_address' }

describe('an address', () => {
  const meanings: Record<string, Address> = {
    alice: { kind: 'client', name: 'alice' },
    'client:alice': { kind: 'client', name: 'alice' },
    'client:group:ops': { kind: 'client', name: 'group:ops' },
    'device:7': { kind: 'client', name: 'device:7' },
    ':': { kind: 'client', name: ':' },
    All: { kind: 'client', name: 'All' },
    'group:ops': { kind: 'group', name: 'ops' },
    'group:all': { kind: 'group', name: 'all' },
    'group:a:b': { kind: 'group', name: 'a:b' },
    'channel:weather.berlin': { kind: 'channel', name: 'weather.berlin' },
    'channel:weather.**': { kind: 'channel', name: 'weather.**' },
    'queue:render': { kind: 'queue', name: 'render' },
    all: { kind: 'all', name: '' },
    hub: { kind: 'hub', name: '' },
    server: { kind: 'hub', name: '' },
  }
  for (const [text, address] of Object.entries(meanings)) {
    it(`${text} names ${address.kind} ${address.name}`.trim(), () => assert.deepEqual(parseAddress(text), address))
  }

  it('without a valid name is refused with invalid_address', () => {
    const texts = ['', 'client:', 'client:all', 'client:hub', 'client:server', 'group:', 'queue:', 'channel:']
    const more = ['a\nb', 'a\u0000', 'a\u007f', 'a\u0085', '\ud800', 'group:\udfff', 'queue:a\tb', 'x'.repeat(129)]
    for (const text of [...texts, ...more]) assert.throws(() => parseAddress(text), invalid, JSON.stringify(text))
  })

  it('of a channel has no empty part', () => {
    for (const name of ['.', '.a', 'a.', 'a..b']) assert.throws(() => parseAddress(`channel:${name}`), invalid)
  })

  it('that is refused is named in the message, but not all of a long one', () => {
    assert.throws(() => parseAddress('client:'), {
      message:
        '"client:" is no address: a name has 1 to 128 characters, no control ones, and no empty parts; all, hub and server are reserved',
    })
    assert.throws(
      () => parseAddress('x'.repeat(100_000)),
      (error: Error) => error.message.length < 300,
    )
  })

  it('is the same after it was written and read', () => {
    fc.assert(fc.property(addresses(), (address) => assert.deepEqual(parseAddress(formatAddress(address)), address)))
  })

  it('that is read and written is read as the same again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), prefixes(), (name, prefix) => {
        const text = prefix + name
        fc.pre(isAddress(text))
        assert.deepEqual(parseAddress(formatAddress(parseAddress(text))), parseAddress(text))
      }),
    )
  })
})

describe('a client id', () => {
  it('has 1 to 128 characters, counted as people count them', () => {
    assert.equal(isClientId(''), false)
    assert.equal(isClientId('x'.repeat(maxNameLength)), true)
    assert.equal(isClientId('x'.repeat(maxNameLength + 1)), false)
    assert.equal(isClientId('🐎'.repeat(maxNameLength)), true)
    assert.equal(isClientId('🐎'.repeat(maxNameLength + 1)), false)
  })

  it('is never all, hub or server, but may begin or differ in case', () => {
    for (const id of ['all', 'hub', 'server']) assert.equal(isClientId(id), false)
    for (const id of ['All', 'hub1', 'servers']) assert.equal(isClientId(id), true)
  })

  it('may hold spaces, slashes and any script', () => {
    for (const id of ['a b', '../etc', 'Ωmega', '驿站', '\u2028']) assert.equal(isClientId(id), true)
  })

  it('has an address that is the id itself, unless that reads as something else', () => {
    assert.equal(clientAddress('alice'), 'alice')
    assert.equal(clientAddress('device:7'), 'device:7')
    assert.equal(clientAddress('group:ops'), 'client:group:ops')
    assert.equal(clientAddress('client:alice'), 'client:client:alice')
  })

  it('is what its address names', () => {
    fc.assert(
      fc.property(prefixes(), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (prefix, rest) => {
        const id = prefix + rest
        fc.pre(isClientId(id))
        assert.deepEqual(parseAddress(clientAddress(id)), { kind: 'client', name: id })
      }),
    )
  })
})

function prefixes(): fc.Arbitrary<string> {
  return fc.constantFrom('', 'client:', 'group:', 'channel:', 'queue:', 'other:')
}

function addresses(): fc.Arbitrary<Address> {
  const kinds: AddressKind[] = ['client', 'group', 'channel', 'queue', 'all', 'hub']
  return fc
    .record({
      kind: fc.constantFrom(...kinds),
      prefix: prefixes(),
      rest: fc.string({ unit: 'grapheme', maxLength: 20 }),
    })
    .map(({ kind, prefix, rest }) => ({ kind, name: kind === 'all' || kind === 'hub' ? '' : prefix + rest }))
    .filter((address) => isAddress(address.kind === 'client' ? `client:${address.name}` : formatAddress(address)))
}

function isAddress(text: string): boolean {
  try {
    parseAddress(text)
    return true
  } catch {
    return false
  }
}
