import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { WebSocket as WsClient } from 'ws'
import { startEcho } from './echo-server.ts'
import { RawSocket } from './raw-socket.ts'
import { RawTcp } from './raw-tcp.ts'
import { close, cutUp, text } from './web-socket-bytes.ts'
import { ping, saidTo, webSocketCases } from './web-socket-cases.ts'

suite('over a real socket, the hub answers as RFC 6455 demands', () => {
  for (const [what, [written, expected]] of Object.entries(webSocketCases)) {
    test(what, async () => {
      await using server = await startEcho()
      assert.deepEqual(await saidTo(server.port, [Buffer.concat(written)]), expected)
      assert.deepEqual(await saidTo(server.port, cutUp(Buffer.concat(written), [1, 2, 3, 7, 8, 9, 60, 5000])), expected)
    })
  }
})

suite('a WebSocket of the hub', () => {
  test('is understood by the client of ws, whatever is said', async () => {
    await using server = await startEcho()
    await using raw = await RawSocket.open(server.url)
    for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 300_000]) {
      raw.send('é'.repeat(length))
      assert.equal(await raw.text(), 'é'.repeat(length))
      raw.send(Buffer.alloc(length, 0xee))
      const { data, binary } = await raw.messages.take()
      assert.ok(binary && data.equals(Buffer.alloc(length, 0xee)))
    }
    assert.deepEqual(await raw.close(4321, 'enough'), { code: 4321, reason: 'enough' })
    assert.deepEqual(await server.ended.take(), { code: 4321, reason: 'enough' })
  })

  test("is understood by Node's own client", async () => {
    await using server = await startEcho()
    const socket = new WebSocket(server.url)
    await once(socket, 'open')
    socket.send('héllo')
    const [message] = (await once(socket, 'message')) as [MessageEvent]
    assert.equal(message.data, 'héllo')
    socket.close(1000, 'bye')
    const [event] = (await once(socket, 'close')) as [CloseEvent]
    assert.equal(event.code, 1000)
    assert.deepEqual(await server.ended.take(), { code: 1000, reason: 'bye' })
  })

  test('works over TLS, for one message and for many', async () => {
    const certificate = (name: string): Buffer =>
      readFileSync(new URL(`../../posthouse/test/certificates/${name}`, import.meta.url))
    const tls = { key: certificate('localhost-key.pem'), cert: certificate('localhost.pem') }
    await using server = await startEcho({ tls })
    await using raw = await RawSocket.open(server.url, { rejectUnauthorized: false })
    for (let n = 0; n < 1000; n++) raw.send(`message ${n}`)
    for (let n = 0; n < 1000; n++) assert.equal(await raw.text(), `message ${n}`)
    raw.send('x'.repeat(400_000))
    assert.equal((await raw.text()).length, 400_000)
    await raw.close(1000, 'bye')
    assert.deepEqual(await server.ended.take(), { code: 1000, reason: 'bye' })
  })

  test('closes with its code and as much of its reason as fits', async () => {
    await using server = await startEcho()
    await using raw = await RawSocket.open(server.url)
    const socket = await server.sockets.take()
    socket.close(4100, 'é'.repeat(100))
    socket.close(4101, 'not again')
    const { code, reason } = await raw.closed()
    assert.equal(code, 4100)
    assert.match(reason, /^é{59}…$/)
    assert.equal(socket.open, false)
    assert.deepEqual(await server.ended.take(), { code: 4100, reason })
  })

  test('that is cut off tells 1006', async () => {
    await using server = await startEcho()
    await using raw = await RawSocket.open(server.url)
    await raw.cut()
    assert.deepEqual(await server.ended.take(), { code: 1006, reason: '' })
  })

  test('that its peer only half closes is gone all the same', async () => {
    await using server = await startEcho()
    using tcp = await RawTcp.open(server.port)
    tcp.socket.end(text('half').subarray(0, 7))
    assert.deepEqual(await tcp.frames(), [])
    assert.deepEqual(await server.ended.take(), { code: 1006, reason: '' })
  })

  test('can be reset in the middle of a frame', async () => {
    await using server = await startEcho()
    using tcp = await RawTcp.open(server.port)
    tcp.socket.write(text('half').subarray(0, 7))
    tcp.socket.resetAndDestroy()
    assert.equal((await server.ended.take()).code, 1006)
  })

  test('answers the last of many pings, and keeps none for a peer that does not read', async () => {
    await using server = await startEcho()
    using tcp = await RawTcp.open(server.port)
    const socket = await server.sockets.take()
    tcp.socket.pause()
    const flood = Buffer.concat(Array<Buffer>(4000).fill(ping('p'.repeat(125))))
    let most = 0
    for (let round = 0; round < 40; round++) {
      await new Promise((resolve) => tcp.socket.write(Buffer.from(flood), resolve))
      most = Math.max(most, socket.queuedBytes)
    }
    assert.ok(most < 200_000, `${most}`)
    tcp.socket.end(Buffer.concat([ping('last'), close(1000)]))
    tcp.socket.resume()
    const frames = await tcp.frames()
    assert.ok(frames.length < 4000, `${frames.length}`)
    assert.equal(frames.at(-1)?.first, 0x88)
  })

  test('stops reading while it is paused, and closes all the same', async () => {
    await using server = await startEcho()
    await using raw = await RawSocket.open(server.url)
    const socket = await server.sockets.take()
    socket.pause()
    raw.send('later')
    const pinged = once(raw.socket, 'ping')
    socket.writePing('still there?')
    await pinged
    assert.equal(raw.messages.untaken.length, 0)
    socket.resume()
    assert.equal(await raw.text(), 'later')
    socket.pause()
    socket.close(1001, 'going')
    assert.equal((await raw.closed()).code, 1001)
    assert.equal((await server.ended.take()).code, 1001)
  })

  test('refuses a client that does not speak its subprotocol', async () => {
    await using server = await startEcho()
    const socket = new WsClient(server.url, ['posthouse.v1.json'])
    await once(socket, 'open')
    assert.equal(socket.protocol, 'posthouse.v1.json')
    socket.terminate()
    await assert.rejects(RawSocket.open(server.url, { subprotocols: ['unknown'] }), /subprotocol/)
  })
})
