import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { specialUse } from '../src/wire/address-class.ts'

const kinds: Readonly<Record<string, readonly string[]>> = {
  loopback: [
    '127.0.0.1',
    '127.255.255.254',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ],
  private: [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    'fd00:ec2::254',
    'fc00::',
    '::ffff:a00:1',
    'fec0::1',
  ],
  'link-local': ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', '64:ff9b::169.254.169.254', '2002:a9fe:a9fe::'],
  'shared by a provider': ['100.64.0.1', '100.100.100.200', '100.127.255.255'],
  'this network': ['0.0.0.0', '0.1.2.3', '::ffff:0.0.0.0'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  reserved: [
    '240.0.0.1',
    '255.255.255.255',
    '192.0.0.192',
    '198.18.0.1',
    '::2',
    '::7f00:1',
    '64:ff9b:1::1',
    '4000::1',
    '2001::1',
  ],
  'for documentation': ['192.0.2.1', '198.51.100.7', '203.0.113.9', '2001:db8::1', '3fff::1'],
  unspecified: ['::'],
  metadata: ['168.63.129.16'],
}

const open = [
  ...['1.1.1.1', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '100.63.255.255'],
  ...[
    '100.128.0.0',
    '128.0.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ],
  '2002:808:808::1',
]

suite('the use of an address', () => {
  for (const [kind, addresses] of Object.entries(kinds)) {
    test(`is ${kind} for ${addresses.join(', ')}`, () => {
      for (const address of addresses) assert.equal(specialUse(address), kind, address)
    })
  }

  test('is none for a public one', () => {
    for (const address of open) assert.equal(specialUse(address), undefined, address)
  })

  test('is the same whether an IPv4 address comes as it is, mapped, by NAT64 or by 6to4', () => {
    const octet = fc.integer({ min: 0, max: 255 })
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), ([a, b, c, d]) => {
        const hex = [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(':')
        const plain = specialUse(`${a}.${b}.${c}.${d}`)
        for (const address of [`::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`, `::ffff:${a}.${b}.${c}.${d}`]) {
          assert.equal(specialUse(address), plain, address)
        }
      }),
    )
  })
})
