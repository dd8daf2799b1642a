import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Message } from '@posthouse/client'
import type { HubFrame } from '@posthouse/protocol'
import { ScriptedHub } from './scripted-hub.ts'

/** Handlers that end when they are told to, in the order in which they were called. */
class Handlers {
  readonly ids: string[] = []
  readonly #ends: (() => void)[] = []
  #called: () => void = () => undefined

  readonly handle = (message: Message): Promise<void> => {
    this.ids.push(message.id)
    this.#called()
    return new Promise((resolve) => this.#ends.push(resolve))
  }

  /** Until `count` calls were made. */
  async calls(count: number): Promise<void> {
    while (this.ids.length < count) {
      await new Promise<void>((resolve) => {
        this.#called = resolve
      })
    }
  }

  /** Ends the oldest call that is not over. */
  end(): void {
    this.#ends.shift()?.()
  }
}

function deliver(fields: Partial<Extract<HubFrame, { op: 'deliver' }>>): HubFrame {
  const body = { format: 'value', value: 'x' } as const
  return { op: 'deliver', id: 'm', from: 'bob', to: 'alice', type: 'text', ts: 1, body, ...fields }
}

suite('receiving', () => {
  test('a message is acknowledged when its handler has resolved, not before', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const handlers = new Handlers()
    client.on('text', handlers.handle)
    peer.deliver({ seq: 1 })
    await handlers.calls(1)
    peer.write({ op: 'ping', id: 'now' })
    assert.equal((await peer.next('pong')).id, 'now')
    handlers.end()
    assert.equal((await peer.next('ack')).seq, 1)
  })

  test('acknowledgements of one tick are one, of the newest', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    client.on('*', () => undefined)
    peer.deliver({ seq: 1 }, { seq: 2 }, { seq: 7 })
    assert.deepEqual(await peer.message(), [{ op: 'ack', seq: 7 }])
  })

  test('each listener has its own pace, and the slowest decides on the acknowledgement', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const slow = new Handlers()
    const fast: string[] = []
    client.on('*', slow.handle)
    client.on({ from: 'bob' }, ({ id }) => fast.push(id))
    peer.deliver({ seq: 1 }, { seq: 2 }, { seq: 3, from: 'carol' })
    await slow.calls(1)
    assert.deepEqual(slow.ids, ['m1'])
    assert.deepEqual(fast, ['m1', 'm2'])
    slow.end()
    await slow.calls(2)
    assert.equal((await peer.next('ack')).seq, 1)
    slow.end()
    await slow.calls(3)
    assert.equal((await peer.next('ack')).seq, 2)
    slow.end()
    assert.equal((await peer.next('ack')).seq, 3)
  })

  test('what nobody wants is acknowledged at once', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    client.on('json', () => assert.fail('not json'))
    peer.deliver({ seq: 1 })
    assert.equal((await peer.next('ack')).seq, 1)
  })

  test('the messages of this client itself are heard only on request', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const heard: string[] = []
    client.on('*', ({ id }) => heard.push(`others ${id}`))
    client.on('*', { includeOwn: true }, ({ id }) => heard.push(`all ${id}`))
    peer.deliver({ seq: 1, from: 'alice' }, { seq: 2 })
    await peer.next('ack')
    assert.deepEqual(heard, ['all m1', 'others m2', 'all m2'])
  })

  test('a handler that throws is told of, and its message counts as done', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const cause = new Error('broken')
    const errors: unknown[] = []
    client.watch('error', ({ code, cause }) => errors.push([code, cause]))
    client.on('*', () => {
      throw cause
    })
    client.on('*', () => Promise.reject(cause))
    peer.deliver({ seq: 1 })
    assert.equal((await peer.next('ack')).seq, 1)
    assert.deepEqual(errors, [
      ['handler_failed', cause],
      ['handler_failed', cause],
    ])
  })

  test('a message that comes again is handed over once and acknowledged again', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const heard: string[] = []
    client.on('*', ({ id }) => heard.push(id))
    peer.deliver({ seq: 1, id: 'same' })
    assert.equal((await peer.next('ack')).seq, 1)
    peer.deliver({ seq: 2, id: 'same' })
    assert.equal((await peer.next('ack')).seq, 2)
    assert.deepEqual(heard, ['same'])
  })

  test('a message that comes again while its handler is at work waits for that handler', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online({ random: () => 0 })
    const { client, peer } = online
    const handlers = new Handlers()
    client.on('*', handlers.handle)
    peer.deliver({ seq: 1 })
    await handlers.calls(1)
    peer.cut()
    const second = await hub.connection()
    await second.welcome()
    second.deliver({ seq: 1 }, { seq: 2 })
    second.write({ op: 'ping' })
    await second.next('pong')
    assert.deepEqual(handlers.ids, ['m1'])
    handlers.end()
    assert.equal((await second.next('ack')).seq, 1)
    await handlers.calls(2)
    handlers.end()
    assert.equal((await second.next('ack')).seq, 2)
    assert.deepEqual(handlers.ids, ['m1', 'm2'])
  })

  test('live messages beyond maxPending are dropped and told of; stored ones never are', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online({ maxPending: 2 })
    const { client, peer } = online
    const handlers = new Handlers()
    const lost: unknown[] = []
    client.watch('overflow', ({ message, pending }) => lost.push([message.id, pending]))
    client.on('*', handlers.handle)
    peer.deliver({ id: 'l1' }, { id: 'l2' }, { id: 'l3' }, { id: 'l4' }, { seq: 1 }, { seq: 2 }, { seq: 3 })
    for (let count = 1; count <= 6; count++) {
      await handlers.calls(count)
      handlers.end()
    }
    assert.equal((await peer.next('ack')).op, 'ack')
    assert.deepEqual(lost, [['l4', 2]])
    assert.deepEqual(handlers.ids, ['l1', 'l2', 'l3', 'm1', 'm2', 'm3'])
  })

  test('a message carries what the frame says, bytes as plain bytes', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const heard: Message[] = []
    client.on('*', (message) => heard.push(message))
    const body = { format: 'value', value: 'AQID' } as const
    peer.write(deliver({ seq: 1, type: 'bytes', body, headers: { a: 'b' }, replyTo: 'carol', attempt: 2, ts: 99 }))
    await peer.next('ack')
    const [message] = heard
    assert.deepEqual(message?.body, new Uint8Array([1, 2, 3]))
    const { id, from, to, headers, replyTo, attempt, ts } = message
    assert.deepEqual(
      { id, from, to, headers, replyTo, attempt, ts },
      {
        id: 'm',
        from: 'bob',
        to: 'alice',
        headers: { a: 'b' },
        replyTo: 'carol',
        attempt: 2,
        ts: 99,
      },
    )
  })

  test('a body that does not fit its type is told of and does not come again', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const told = new Promise((resolve) => client.watch('error', ({ code }) => resolve(code)))
    peer.write(deliver({ seq: 1, type: 'bytes', body: { format: 'value', value: '%%%' } }))
    assert.equal((await peer.next('ack')).seq, 1)
    assert.equal(await told, 'invalid_body')
  })

  test('a listener that is disposed of hears nothing more; what waited for it counts as done', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const handlers = new Handlers()
    const listener = client.on('*', handlers.handle)
    peer.deliver({ seq: 1 }, { seq: 2 })
    await handlers.calls(1)
    listener[Symbol.dispose]()
    listener[Symbol.dispose]()
    handlers.end()
    assert.equal((await peer.next('ack')).seq, 2)
    assert.deepEqual(handlers.ids, ['m1'])
  })

  test('filters are checked when the listener is added', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client()
    assert.throws(() => client.on({ from: 'client:' }, () => undefined), { code: 'invalid_address' })
    // @ts-expect-error the compiler refuses it too
    assert.throws(() => client.on('letter', () => undefined), { code: 'invalid_option' })
    // @ts-expect-error the compiler refuses it too
    assert.throws(() => client.on('text'), { code: 'invalid_option' })
  })
})
