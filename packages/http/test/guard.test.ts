import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { suite, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { createHttpClient } from '@posthouse/http'
import fc from 'fast-check'
import type { Dispatcher } from 'undici'
import type { GuardOptions } from '../src/wire/guard.ts'
import { createGuard } from '../src/wire/guard.ts'
import { DnsCache } from '../src/wire/lookup.ts'
import { Wire, type WireOptions } from '../src/wire/wire.ts'
import { startServer } from './servers.ts'

/** What a URL of 127.0.0.1 and of other private addresses can look like. */
const literals = [
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0x7F.1',
    '0177.0.0.1',
    '017700000001',
  ],
  ...[
    '0',
    '0.0.0.0',
    '127.0.0.1.',
    '127.000.000.001',
    '%31%32%37.0.0.1',
    '１２７.０.０.１',
    '127。0。0。1',
    '⓵27.0.0.1',
  ],
  ...['10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '2852039166', '0xA9FEA9FE', '0251.0376.0251.0376'],
  ...['100.100.100.200', '168.63.129.16', '192.0.0.192', '255.255.255.255', '224.0.0.1'],
  ...[
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:7f00:1]',
    '[::127.0.0.1]',
  ],
  ...['[64:ff9b::127.0.0.1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2002:a9fe:a9fe::1]'],
  ...[
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fec0::1]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[2001::1]',
    '[::ffff:0:7f00:1]',
  ],
]

async function statusOf(wire: Wire, url: string): Promise<number> {
  const { origin, pathname } = new URL(url)
  const { dispatcher } = wire.open(origin)
  try {
    const { statusCode, body } = await dispatcher.request({ path: pathname, method: 'GET', origin })
    await body.dump()
    return statusCode
  } finally {
    await dispatcher.destroy()
  }
}

/** What a connection to the URL fails with, wherever the guard notices. */
async function attempt(options: WireOptions, url: string): Promise<number> {
  await using wire = new Wire({ proxy: false, ...options })
  return await statusOf(wire, url)
}

const blocked = { code: 'address_blocked' }

/** Answers each question with the next of the given addresses. */
function answering(...answers: readonly (readonly string[])[]): {
  asked: number
  resolve: () => Promise<LookupAddress[]>
} {
  const resolver = {
    asked: 0,
    resolve: async () => {
      const answer = answers[Math.min(resolver.asked++, answers.length - 1)] ?? []
      return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    },
  }
  return resolver
}

suite('the guard', () => {
  for (const literal of literals.filter((literal) => URL.canParse(`http://${literal}`))) {
    test(`blocks http://${literal}/`, async () => {
      await assert.rejects(attempt({ guard: {} }, `http://${literal}/`), blocked)
    })
  }

  test('judges an address alike in every spelling that a URL has for it', () => {
    const guard = createGuard({})
    const octet = fc.integer({ min: 0, max: 255 })
    const radix = fc.constantFrom('', '0x', '0')
    const written = (number: number, prefix: string): string => {
      return prefix + number.toString(prefix === '' ? 10 : prefix === '0' ? 8 : 16)
    }
    const verdict = (host: string): boolean => {
      try {
        guard.checkHost(new URL(`http://${host}/`).hostname)
        return true
      } catch {
        return false
      }
    }
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), radix, ([a, b, c, d], prefix) => {
        const plain = verdict(`${a}.${b}.${c}.${d}`)
        const tail = c * 256 + d
        const spelled = [[a, b, c, d], [a, b, tail], [a, b * 65_536 + tail], [a * 16_777_216 + b * 65_536 + tail]].map(
          (parts) => parts.map((part) => written(part, prefix)).join('.'),
        )
        for (const host of [...spelled, `[::ffff:${a}.${b}.${c}.${d}]`]) assert.equal(verdict(host), plain, host)
      }),
    )
  })

  test('knows every spelling above that is a URL at all', () => {
    const unusable = literals.filter((literal) => !URL.canParse(`http://${literal}`))
    assert.deepEqual(unusable, ['⓵27.0.0.1'])
  })

  test('blocks names that resolve to what it blocks, and looks at every address of theirs', async () => {
    for (const addresses of [['127.0.0.1'], ['::1'], ['93.184.216.34', '10.0.0.1'], ['::ffff:169.254.169.254']]) {
      const dns = answering(addresses)
      await assert.rejects(attempt({ guard: {}, dns }, 'http://inner.example/'), blocked, addresses.join())
    }
    await assert.rejects(attempt({ guard: {} }, 'http://localhost:9/'), blocked)
  })

  test('lets through what it is told to, and nothing else', async () => {
    await using server = await startServer((_, response) => void response.end('in'))
    assert.equal(await attempt({ guard: { allowPrivate: true } }, server.url), 200)
    assert.equal(await attempt({ guard: { allowPrivate: ['127.0.0.0/8'] } }, server.url), 200)
    assert.equal(await attempt({ guard: { allow: ['127.0.0.1'] } }, server.url), 200)
    const refusals: readonly GuardOptions[] = [
      { allowPrivate: ['10.0.0.0/8'] },
      { allow: ['10.0.0.0/8'] },
      { allow: ['example.org'], allowPrivate: true },
      { allowPrivate: true, deny: ['127.0.0.1'] },
      { allow: ['127.0.0.1'], deny: ['127.0.0.0/8'] },
    ]
    for (const guard of refusals) await assert.rejects(attempt({ guard }, server.url), blocked, JSON.stringify(guard))
  })

  test('connects to the address that it has seen, whatever the name server says next', async () => {
    await using server = await startServer((request, response) => void response.end(request.headers.host))
    const { port } = new URL(server.url)
    const rebinding = answering(['127.0.0.1'], ['127.0.0.2'])
    const guard = { allowPrivate: ['127.0.0.1'] }
    await using wire = new Wire({ proxy: false, guard, dns: { ...rebinding, ttlMs: 0 } })
    assert.equal(await statusOf(wire, `http://rebind.example:${port}/`), 200)
    assert.equal(rebinding.asked, 1, 'what was judged is not asked for again to connect to it')
    await assert.rejects(statusOf(wire, `http://rebind.example:${port}/`), blocked)
  })

  test('looks at every hop of a redirection', async () => {
    const targets = ['http://127.0.0.2:1/', 'http://[::1]:1/', 'http://169.254.169.254/latest/', 'http://0x7f.0.0.2:1/']
    await using server = await startServer((request, response) => {
      response.writeHead(302, { location: targets[Number(request.url?.slice(1))] ?? '/' }).end()
    })
    const guard = { allowPrivate: ['127.0.0.1'] }
    await using client = createHttpClient({ guard, proxy: false, logging: false, retry: false })
    for (const index of targets.keys())
      await assert.rejects(client.get(`${server.url}/${index}`), blocked, targets[index])
  })

  test('judges names by the lists before it resolves them', async () => {
    const dns = answering(['93.184.216.34'])
    const table: readonly (readonly [GuardOptions, string])[] = [
      [{ deny: ['example.org'] }, 'http://example.org/'],
      [{ deny: ['example.org'] }, 'http://WWW.example.org./'],
      [{ deny: ['*.example.org'] }, 'http://a.example.org/'],
      [{ deny: ['bücher.example'] }, 'http://bücher.example/'],
      [{ allow: ['example.org'] }, 'http://example.com/'],
      [{ allow: ['example.org'] }, 'http://example.org.evil.test/'],
      [{ allow: ['example.org'] }, 'http://notexample.org/'],
      [{ allow: ['*.example.org'] }, 'http://example.org/'],
    ]
    for (const [guard, url] of table) await assert.rejects(attempt({ guard, dns }, url), blocked, url)
    assert.equal(dns.asked, 0)
  })

  test('refuses lists that it cannot read', () => {
    const wrong: readonly GuardOptions[] = [
      { deny: ['http://example.org'] },
      { deny: ['10.0.0.0/33'] },
      { deny: ['10.0.0'] },
      { allow: ['a b'] },
      { allow: ['*'] },
      { allowPrivate: ['intern.example'] },
    ]
    for (const guard of wrong)
      assert.throws(() => createGuard(guard), { code: 'invalid_option' }, JSON.stringify(guard))
  })

  test('lets nothing go through a proxy that nobody told it to trust', () => {
    const wire = new Wire({ guard: {}, proxy: 'http://127.0.0.1:9' })
    assert.throws(() => wire.open('http://example.org'), { code: 'address_blocked', message: /trustProxy/ })
    const trusting = new Wire({ guard: { trustProxy: true }, proxy: 'http://127.0.0.1:9' })
    assert.throws(() => trusting.open('http://127.0.0.1:80'), blocked)
    void (trusting.open('http://example.org').dispatcher as Dispatcher).destroy()
  })
})

suite('the cache of names', () => {
  test('has limits that make sense', () => {
    for (const dns of [{ ttlMs: -1 }, { hosts: 0 }, { ttlMs: Number.NaN }]) {
      assert.throws(() => createHttpClient({ dns, logging: false }), { code: 'invalid_option' }, JSON.stringify(dns))
    }
  })

  test('asks once for all who wait, and again when its time is over', async () => {
    const clock = new ManualClock()
    const dns = answering(['1.1.1.1'], ['2.2.2.2'])
    const cache = new DnsCache({ ttlMs: 1_000, resolve: dns.resolve }, clock)
    const first = await Promise.all([cache.addressesOf('a'), cache.addressesOf('a')])
    assert.deepEqual(
      first.map(([one]) => one?.address),
      ['1.1.1.1', '1.1.1.1'],
    )
    clock.advance(999)
    assert.equal((await cache.addressesOf('a'))[0]?.address, '1.1.1.1')
    clock.advance(1)
    assert.equal((await cache.addressesOf('a'))[0]?.address, '2.2.2.2')
    assert.equal(dns.asked, 2)
  })

  test('forgets failures, and hosts that could not be connected to', async () => {
    const clock = new ManualClock()
    let asked = 0
    const resolve = async (): Promise<LookupAddress[]> => {
      asked++
      if (asked === 1) throw new Error('no such name')
      return [{ address: '1.1.1.1', family: 4 }]
    }
    const cache = new DnsCache({ resolve }, clock)
    await assert.rejects(cache.addressesOf('a'))
    await cache.addressesOf('a')
    cache.forget('a')
    await cache.addressesOf('a')
    assert.equal(asked, 3)
  })

  test('holds no more hosts than it may; the one used longest ago goes first', async () => {
    const dns = answering(['1.1.1.1'])
    const cache = new DnsCache({ hosts: 2, resolve: dns.resolve }, new ManualClock())
    for (const host of ['a', 'b', 'a', 'c', 'a']) await cache.addressesOf(host)
    assert.equal(cache.size, 2)
    assert.equal(dns.asked, 3)
    await cache.addressesOf('b')
    assert.equal(dns.asked, 4)
  })
})
