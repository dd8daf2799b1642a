import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { RawSocket } from '../../hub/test/raw-socket.ts'
import { RawTcp } from '../../hub/test/raw-tcp.ts'
import { close, frameOf, text } from '../../hub/test/web-socket-bytes.ts'
import type { SocketConnection } from '../src/socket/socket-connection.ts'
import { type SocketServer, startSockets } from './socket-server.ts'

/** A server with one endpoint, and its end of the first connection. */
async function startHeld(
  limits: Parameters<typeof startSockets>[1] = {},
): Promise<{ server: SocketServer; accepted: Promise<SocketConnection>; release: () => void }> {
  const accepted = Promise.withResolvers<SocketConnection>()
  const held = Promise.withResolvers<void>()
  const server = await startSockets((router) => {
    router.websocket('/ws', async (socket) => {
      await socket.accept()
      accepted.resolve(socket)
      await Promise.race([held.promise, socket.closed])
    })
  }, limits)
  return { server, accepted: accepted.promise, release: held.resolve }
}

suite('the limits of a WebSocket', () => {
  test('a message longer than 1 MiB closes with 1009', async () => {
    const { server } = await startHeld()
    await using _ = server
    await using raw = await RawSocket.open(`${server.url}/ws`)
    raw.send('x'.repeat(1_048_577))
    assert.equal((await raw.closed()).code, 1009)
  })

  test('a handler that receives nothing stops the sender, and gets all of it later', async () => {
    const { server, accepted } = await startHeld({ limits: { queueMessages: 8 } })
    await using _ = server
    await using raw = await RawSocket.open(`${server.url}/ws`)
    const socket = await accepted
    const payload = 'x'.repeat(60_000)
    const count = 400
    for (let n = 0; n < count; n++) raw.send(`${n} ${payload}`)
    // 24 MB do not fit into what the systems on both ends hold.
    assert.ok(raw.socket.bufferedAmount > 1_000_000)
    for (let n = 0; n < count; n++) assert.match(await socket.receiveText(), new RegExp(`^${n} x`))
    assert.equal(raw.socket.bufferedAmount, 0)
    await socket.close()
    await raw.closed()
  })

  test('a queue that may not wait closes with 1008 for its messages and 1009 for its bytes', async () => {
    for (const [limits, count, length, code] of [
      [{ queueMessages: 4 }, 10, 1, 1008],
      [{ queueBytes: 10_000 }, 3, 6000, 1009],
    ] as const) {
      const { server } = await startHeld({ limits: { ...limits, onFullQueue: 'close' } })
      await using _ = server
      await using raw = await RawSocket.open(`${server.url}/ws`)
      for (let n = 0; n < count; n++) raw.send('x'.repeat(length))
      assert.equal((await raw.closed()).code, code)
    }
  })

  test('a sender that is too fast is slowed down, or closed with 1008', async () => {
    const clock = new ManualClock()
    const { server, accepted } = await startHeld({ clock, limits: { messagesPerSecond: 10 } })
    await using _ = server
    await using raw = await RawSocket.open(`${server.url}/ws`)
    const socket = await accepted
    for (let n = 0; n < 11; n++) raw.send(String(n))
    for (let n = 0; n < 11; n++) assert.equal(await socket.receiveText(), String(n))
    // One message is owed: nothing is read for 100 ms, and so no ping is answered.
    raw.send('later')
    raw.socket.ping()
    let answered = false
    raw.socket.once('pong', () => (answered = true))
    const later = socket.receiveText()
    clock.advance(99)
    // Somebody else's answer, which comes after ours would have.
    await using other = await RawSocket.open(`${server.url}/ws`)
    other.socket.ping()
    await once(other.socket, 'pong')
    assert.equal(answered, false)
    clock.advance(1)
    assert.equal(await later, 'later')
    await using strict = (await startHeld({ clock, limits: { messagesPerSecond: 5, onExcess: 'close' } })).server
    await using fast = await RawSocket.open(`${strict.url}/ws`)
    for (let n = 0; n < 6; n++) fast.send(String(n))
    const { code, reason } = await fast.closed()
    assert.deepEqual([code, reason], [1008, 'more than 5 messages a second'])
  })

  test('a silent peer is asked whether it is there, and cut off where it does not answer', async () => {
    const clock = new ManualClock()
    const { server, accepted } = await startHeld({ clock })
    await using _ = server
    await using raw = await RawSocket.open(`${server.url}/ws`)
    await using mute = await RawSocket.open(`${server.url}/ws`, { autoPong: false })
    const socket = await accepted
    clock.advance(30_000)
    await Promise.all([raw.pings.take(), mute.pings.take()])
    // Behind the pong: once this has come, the pong has.
    raw.send('here')
    assert.equal(await socket.receiveText(), 'here')
    clock.advance(10_000)
    assert.equal((await mute.closed()).code, 1006)
    assert.equal(socket.open, true)
  })

  test('a peer that says nothing for too long is closed with 4408', async () => {
    const clock = new ManualClock()
    const { server, accepted } = await startHeld({ clock, limits: { idle: 60_000, pingAfter: null } })
    await using _ = server
    await using raw = await RawSocket.open(`${server.url}/ws`)
    const socket = await accepted
    clock.advance(50_000)
    raw.send('still here')
    await socket.receiveText()
    clock.advance(50_000)
    assert.equal(socket.open, true)
    clock.advance(25_000)
    assert.equal((await raw.closed()).code, 4408)
  })

  test('a handler that awaits what it sends is as fast as its reader', async () => {
    const sent = { count: 0 }
    const flowing = Promise.withResolvers<void>()
    await using server = await startSockets((router) => {
      router.websocket('/ws', async (socket) => {
        await socket.accept()
        const chunk = 'x'.repeat(100_000)
        for (let n = 0; n < 300; n++) {
          const room = socket.sendText(chunk)
          if (socket.queuedBytes > 0) flowing.resolve()
          await room
          sent.count++
          assert.ok(socket.queuedBytes < 1_000_000)
        }
      })
    })
    await using raw = await RawSocket.open(`${server.url}/ws`)
    raw.stall()
    await flowing.promise
    assert.ok(sent.count < 300, `${sent.count}`)
    raw.unstall()
    for (let n = 0; n < 300; n++) assert.equal((await raw.text()).length, 100_000)
    assert.equal((await raw.closed()).code, 1000)
  })

  test('a reader that is too slow for a handler that does not wait is closed, and costs no more', async () => {
    const ends = Promise.withResolvers<unknown>()
    await using server = await startSockets(
      (router) => {
        router.websocket('/ws', async (socket) => {
          await socket.accept()
          const chunk = Buffer.alloc(1_000_000)
          for (let n = 0; n < 100 && socket.open; n++) void socket.sendBytes(chunk)
          ends.resolve([socket.open, socket.queuedBytes < 40_000_000])
        })
      },
      { limits: { close: 100 } },
    )
    await using raw = await RawSocket.open(`${server.url}/ws`)
    raw.stall()
    assert.deepEqual(await ends.promise, [false, true])
    raw.unstall()
    await raw.closed()
  })

  test('a peer that does not answer a close is cut off soon', async () => {
    const { server, accepted } = await startHeld({ limits: { close: 50 } })
    await using _ = server
    using tcp = await RawTcp.open(server.port, '/ws')
    const socket = await accepted
    await socket.close(4000, 'go')
    assert.deepEqual(await socket.closed, { code: 4000, reason: 'go' })
    const frames = await tcp.frames()
    assert.equal(frames.at(-1)?.first, 0x88)
  })

  test('a close is answered although the handler receives nothing', async () => {
    const { server, accepted } = await startHeld({ limits: { queueMessages: 2, close: 100 } })
    await using _ = server
    using tcp = await RawTcp.open(server.port, '/ws')
    const socket = await accepted
    tcp.socket.write(Buffer.concat([text('a'), text('b'), text('c')]))
    tcp.socket.write(close(1000))
    await socket.receiveText()
    await socket.close(1001)
    assert.equal((await socket.closed).code, 1001)
    assert.equal((await tcp.frames()).at(-1)?.first, 0x88)
  })

  test('100,000 bad messages are answered one by one, and the next good one is handled', {
    timeout: 60_000,
  }, async () => {
    await using server = await startSockets((router) => {
      router.websocket('/ws', async (socket) => {
        await socket.accept()
        await socket.sendJson({ got: await socket.receiveJson() })
      })
    })
    await using raw = await RawSocket.open(`${server.url}/ws`)
    const bad = Buffer.concat(
      Array.from({ length: 1000 }, () => [text('{'), frameOf({ first: 0x82, payload: Buffer.of(1) })]).flat(),
    )
    let frames = 0
    const all = Promise.withResolvers<string>()
    raw.socket.on('message', (data) => {
      frames++
      if (String(data).includes('got')) all.resolve(String(data))
    })
    raw.messages.mute()
    for (let n = 0; n < 50; n++) raw.raw(Buffer.from(bad))
    raw.send('{"fine":true}')
    assert.equal(await all.promise, '{"got":{"fine":true}}')
    assert.equal(frames, 100_001)
  })
})
