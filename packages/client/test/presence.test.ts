import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ClientInfo } from '@posthouse/client'
import { ManualClock } from '@posthouse/core'
import { nextState, ScriptedHub, withCode } from './scripted-hub.ts'

const bob: ClientInfo = { client: 'bob', online: true, lastSeen: 1, node: 'n' }
const carol: ClientInfo = { client: 'carol', online: false, lastSeen: 1, node: 'n' }

suite('clients', () => {
  test('resolves with all parts of the answer', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const listed = client.clients({ online: false })
    const { id, online: onlyOnline } = await peer.next('list')
    assert.equal(onlyOnline, false)
    peer.write({ op: 'list', id: 'other', clients: [] }, { op: 'list', id, more: true, clients: [bob] })
    peer.write({ op: 'list', id, clients: [carol] })
    assert.deepEqual(await listed, [bob, carol])
  })

  test('rejects with what the hub says about it', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    client.watch('error', () => assert.fail('the caller is told'))
    const refused = assert.rejects(client.clients(), withCode('forbidden'))
    const { id } = await peer.next('list')
    peer.write({ op: 'error', code: 'forbidden', number: 2002, message: 'no', retry: false, about: { op: 'list', id } })
    await refused
  })

  test('rejects without an answer, without a connection, or when the caller gives up', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await assert.rejects(hub.client().clients(), withCode('not_connected'))
    await using online = await hub.online({ clock })
    const { client, peer } = online
    const late = assert.rejects(client.clients({ timeoutMs: 50 }), withCode('timeout'))
    await peer.next('list')
    clock.advance(50)
    await late
    const controller = new AbortController()
    const aborted = assert.rejects(client.clients({ signal: controller.signal }), withCode('aborted'))
    controller.abort()
    await aborted
    const cut = assert.rejects(client.clients(), withCode('not_connected'))
    peer.cut()
    await cut
    assert.equal(clock.pending, 1)
  })
})

suite('presence', () => {
  test('is asked for by the first watcher and declined by the last', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const changes: unknown[] = []
    const first = client.watch('presence', (change) => changes.push(change))
    assert.equal((await peer.next('presence')).watch, true)
    const second = client.watch('presence', () => undefined)
    peer.write({ op: 'presence', full: true, clients: [bob] }, { op: 'ping' })
    await peer.next('pong')
    assert.deepEqual(changes, [{ full: true, clients: [bob] }])
    first[Symbol.dispose]()
    second[Symbol.dispose]()
    assert.equal((await peer.next('presence')).watch, false)
  })

  test('is asked for again in a new session, and where the question may have been lost', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client({ random: () => 0 })
    client.watch('presence', () => undefined)
    const connected = client.connect()
    let peer = await hub.connection()
    await peer.welcome()
    await connected
    await peer.next('presence')
    for (const { resumed, answered } of [
      { resumed: true, answered: false },
      { resumed: false, answered: true },
    ]) {
      const online = nextState(client, 'online')
      peer.cut()
      peer = await hub.connection()
      await peer.welcome({ resumed })
      await online
      assert.equal((await peer.next('presence')).watch, true)
      if (answered) peer.write({ op: 'presence', full: true, clients: [] }, { op: 'ping' })
      else peer.write({ op: 'ping' })
      await peer.next('pong')
    }
    peer.cut()
    peer = await hub.connection()
    await peer.welcome({ resumed: true })
    peer.write({ op: 'ping' })
    assert.equal((await peer.next('pong')).op, 'pong')
  })
})

suite('the own state', () => {
  test('is told when it is set, the last of one moment, as a copy', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const state = { mode: 'idle', at: new Date(0), bytes: new Uint8Array([1]) }
    client.setState('first')
    client.setState(state)
    state.mode = 'changed'
    const plain = { mode: 'idle', at: '1970-01-01T00:00:00.000Z', bytes: 'AQ==' }
    assert.deepEqual(await peer.next('presence'), { op: 'presence', state: plain })
    client.setState(undefined)
    assert.deepEqual(await peer.next('presence'), { op: 'presence', state: null })
  })

  test('may be set before there is a connection, and is told on each', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client({ random: () => 0 })
    client.setState('early')
    const connected = client.connect()
    let peer = await hub.connection()
    await peer.welcome()
    await connected
    assert.deepEqual(await peer.next('presence'), { op: 'presence', state: 'early' })
    for (const resumed of [true, false]) {
      const online = nextState(client, 'online')
      peer.cut()
      peer = await hub.connection()
      await peer.welcome({ resumed })
      await online
      assert.equal((await peer.next('presence')).state, 'early')
    }
  })

  test('is not taken where nobody could read it', async () => {
    await using hub = await ScriptedHub.start()
    const client = hub.client()
    assert.throws(() => client.setState(Number.NaN), withCode('unrepresentable'))
    const circle: unknown[] = []
    circle.push(circle)
    assert.throws(() => client.setState(circle), withCode('too_deep'))
    await client.close()
    assert.throws(() => client.setState(1), withCode('closed'))
  })
})

suite('watchers', () => {
  test('that throw harm nobody, and are logged', async () => {
    await using hub = await ScriptedHub.start()
    const logged: string[] = []
    const log = (message: string): void => void logged.push(message)
    const logger = { debug: log, info: log, warn: log, error: log }
    await using client = hub.client({ logger })
    let told = 0
    client.watch('state', () => {
      throw new Error('broken')
    })
    client.watch('state', () => Promise.reject(new Error('broken')))
    client.watch('state', () => ++told)
    const connected = client.connect()
    await (await hub.connection()).welcome()
    await connected
    assert.equal(told, 2)
    await client.close()
    assert.deepEqual(new Set(logged), new Set(['a watcher failed']))
  })

  test('of errors may be missing: then the logger is told', async () => {
    await using hub = await ScriptedHub.start()
    const errors: unknown[] = []
    const quiet = (): void => undefined
    const logger = {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: (_: string, fields?: object) => errors.push(fields),
    }
    await using online = await hub.online({ logger })
    const { client, peer } = online
    client.on('*', () => Promise.reject(new Error('broken')))
    peer.deliver({ seq: 1 })
    await peer.next('ack')
    assert.equal(errors.length, 1)
  })
})
