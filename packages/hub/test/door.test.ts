import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Hub } from '@posthouse/hub'
import { RawSocket } from './raw-socket.ts'
import { startHub } from './start-hub.ts'

suite('the door', () => {
  test('answers a plain GET with 426', async () => {
    await using server = await startHub()
    const response = await fetch(server.url.replace('ws:', 'http:'))
    assert.equal(response.status, 426)
    assert.equal(response.headers.get('upgrade'), 'websocket')
    assert.equal(response.headers.get('connection'), 'Upgrade, close')
    assert.match(await response.text(), /WebSocket/)
  })

  test('lets in programs, pages of this computer and pages that are allowed, and no others', async () => {
    await using server = await startHub({ allowedOrigins: ['https://app.example'] })
    const { host } = new URL(server.url)
    for (const origin of [
      undefined,
      'http://localhost:5173',
      'http://127.0.0.1',
      'http://[::1]:8080',
      'https://app.example',
    ]) {
      await using _ = await RawSocket.open(server.url, origin === undefined ? {} : { origin })
    }
    for (const origin of ['http://evil.example', 'null', 'https://app.example:8443', 'http://localhost.evil.example']) {
      await assert.rejects(RawSocket.open(server.url, { origin }), /403/, origin)
    }
    // A foreign name that was made to point at this computer has the Host of its own page.
    const rebound = { origin: 'http://rebound.example', headers: { host: 'rebound.example' } }
    await assert.rejects(RawSocket.open(server.url, rebound), /403/)
    await using _ = await RawSocket.open(server.url, { origin: `http://${host}` })
  })

  test('lets in any page where any is allowed', async () => {
    await using server = await startHub({ allowedOrigins: ['*'] })
    await using _ = await RawSocket.open(server.url, { origin: 'http://evil.example' })
  })

  test('refuses to be reached from other computers, unless it is told to', async () => {
    await using hub = new Hub()
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
      await assert.rejects(hub.listen({ host, port: 0 }), { code: 'insecure_bind' }, host)
    }
    const { url } = await hub.listen({ host: '0.0.0.0', port: 0, insecure: true })
    await using _ = await RawSocket.open(url)
  })

  test('cannot be opened twice on one port', async () => {
    await using server = await startHub()
    await using other = new Hub()
    const port = Number(new URL(server.url).port)
    await assert.rejects(other.listen({ port }), { code: 'port_in_use' })
    const { url } = await other.listen({ port: 0 })
    await using _ = await RawSocket.open(url)
  })

  test('checks its options', () => {
    const wrong = [
      { heartbeatIntervalMs: 0 },
      { heartbeatIntervalMs: 1.5 },
      { heartbeatIntervalMs: 1000, heartbeatTimeoutMs: 1000 },
      { maxClients: -1 },
      { limits: { inFlight: Number.NaN } },
      { sendQueue: { hardBytes: Number.POSITIVE_INFINITY } },
    ]
    for (const options of wrong) {
      assert.throws(() => new Hub(options), { code: 'invalid_option' })
    }
  })
})
