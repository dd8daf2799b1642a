import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Hub, type LegacyRule } from '@posthouse/hub'
import { LegacyRules } from '../src/access/legacy-rules.ts'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { RawPeer } from './raw-peer.ts'
import { startHub, startTimelessHub } from './start-hub.ts'

const authenticate = () => ({ name: 'somebody', clients: ['*'] })
const here = '127.0.0.1'

/** Whether a rule lets an id in that comes from an address. */
function admits(rule: LegacyRule, client: string, address: string): boolean {
  return new LegacyRules([rule]).find(client, address) !== undefined
}

suite('on a hub with authentication, a cross_comm program', () => {
  const firsts: Readonly<Record<string, string>> = {
    'logs in': crossComm('login', 'carol', 'server', { content: {} }),
    'asks who is there': crossComm('list_clients', 'carol', 'server', { content: '{}' }),
    'sends under an id that it claims': crossComm('text', 'carol', 'bob'),
  }
  for (const [what, text] of Object.entries(firsts)) {
    test(`that ${what} is refused with 4403 where no rule lets it in`, async () => {
      for (const legacyAllow of [
        undefined,
        [],
        [{ clients: ['dave'] }],
        [{ clients: ['*'], networks: ['10.0.0.0/8'] }],
      ]) {
        await using server = await startHub({ authenticate, ...(legacyAllow && { legacyAllow }) })
        await using bob = await RawPeer.login(server.url, 'bob')
        await using carol = await CrossCommClient.open(server.url, 'carol')
        carol.send(text)
        const { code, reason } = await carol.closed()
        assert.equal(code, 4403)
        assert.match(reason, /no rule of this hub lets cross_comm programs in as carol from 127\.0\.0\.1/)
        assert.equal((await server.log.code('forbidden')).level, 'warn')
        assert.deepEqual(await bob.settled(), [])
        assert.deepEqual(
          server.hub.clients({ online: false }).map(({ client }) => client),
          ['bob'],
        )
      }
    })
  }

  test('comes in by the first rule that fits id and network, with its permissions', async () => {
    const legacyAllow: readonly LegacyRule[] = [
      { clients: ['carol'], networks: ['10.0.0.0/8'] },
      {
        clients: ['c*'],
        networks: ['127.0.0.0/8', '::1'],
        permissions: [{ operations: ['send'], addresses: ['bob'] }],
      },
      { clients: ['*'] },
    ]
    await using server = await startHub({ authenticate, legacyAllow })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using carol = await CrossCommClient.login(server.url, 'carol')
    await using dave = await CrossCommClient.login(server.url, 'dave')
    carol.say('dave', 'forbidden')
    await server.log.code('forbidden')
    carol.say('bob', 'allowed')
    assert.equal((await bob.next('deliver')).body, 'allowed')
    dave.say('carol', 'hello')
    assert.equal((await carol.next()).content, 'hello')
  })

  test('may speak under no other id than those that a rule names', async () => {
    await using server = await startHub({ authenticate, legacyAllow: [{ clients: ['carol', 'dave'] }] })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using carol = await CrossCommClient.login(server.url, 'carol')
    await carol.login('dave')
    carol.send(crossComm('text', 'dave', 'bob', { content: 'from dave' }))
    assert.equal((await bob.next('deliver')).from, 'dave')
    carol.send(crossComm('login', 'eve', 'server', { content: {} }))
    assert.equal((await carol.closed()).code, 4403)
  })

  test('that nobody has let in is closed with 4408 after five seconds, although it sends heartbeats', async () => {
    await using server = await startTimelessHub({ authenticate, legacyAllow: [{ clients: ['carol'] }] })
    await using silent = await CrossCommClient.open(server.url, 'carol')
    silent.heartbeat()
    await using carol = await CrossCommClient.login(server.url, 'carol')
    silent.raw.socket.ping()
    await new Promise((resolve) => silent.raw.socket.once('pong', resolve))
    server.clock.advance(6000)
    assert.equal((await silent.closed()).code, 4408)
    await carol.routed()
  })
})

test('rules hold without authentication, too', async () => {
  await using server = await startHub({ legacyAllow: [{ clients: ['carol'] }] })
  await using _carol = await CrossCommClient.login(server.url, 'carol')
  await using _bob = await RawPeer.login(server.url, 'bob')
  await using dave = await CrossCommClient.open(server.url, 'dave')
  dave.send(crossComm('login', 'dave', 'server', { content: {} }))
  assert.equal((await dave.closed()).code, 4403)
})

suite('a rule for cross_comm programs', () => {
  test('means addresses and networks of both versions, in whatever form the system reports them', () => {
    const clients = ['*']
    const cases: readonly (readonly [string, string, boolean])[] = [
      ['192.168.1.0/24', '192.168.1.77', true],
      ['192.168.1.0/24', '::ffff:192.168.1.77', true],
      ['192.168.1.0/24', '::FFFF:192.168.1.77', true],
      ['192.168.1.0/24', '192.168.2.1', false],
      ['192.168.1.0/24', '::ffff:192.168.2.1', false],
      ['192.168.1.7', '192.168.1.7', true],
      ['192.168.1.7', '192.168.1.8', false],
      ['0.0.0.0/0', '203.0.113.9', true],
      ['0.0.0.0/0', '2001:db8::1', false],
      ['::/0', '2001:db8::1', true],
      ['::/0', '203.0.113.9', false],
      ['::/0', '::ffff:203.0.113.9', false],
      ['fd00::/8', 'fd12::1', true],
      ['fe80::/10', 'fe80::1%eth0', true],
      ['::1', '::1', true],
      ['::1', here, false],
      ['::/0', 'unknown', false],
    ]
    for (const [network, address, expected] of cases) {
      assert.equal(admits({ clients, networks: [network] }, 'carol', address), expected, `${network} ${address}`)
    }
    assert.equal(admits({ clients, networks: [] }, 'carol', here), false)
    assert.equal(admits({ clients }, 'carol', 'unknown'), true)
    assert.equal(admits({ clients: [] }, 'carol', here), false)
  })

  test('is checked when the hub is made', () => {
    const networks = ['', 'localhost', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '10.0.0/8']
    const rules: readonly LegacyRule[] = [
      ...networks.map((network) => ({ clients: ['*'], networks: [network] })),
      { clients: ['*'], networks: ['::ffff:10.0.0.0/104'] },
      { clients: ['**'] },
      { clients: [''] },
      { clients: ['*'], permissions: [{ operations: ['send'], addresses: [''] }] },
    ]
    for (const rule of rules) {
      assert.throws(() => new Hub({ legacyAllow: [rule] }), { code: 'invalid_option' }, JSON.stringify(rule))
    }
  })
})
