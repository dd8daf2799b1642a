import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Hub } from '@posthouse/hub'
import { type JwtOptions, jwt } from '@posthouse/hub/jwt'
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

  test('refuses options that do not exist, since each would have been a limit or a rule', async () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ quota: { connections: 5 } }, /^Hub has no option quota, only store, /],
      [{ quotas: { connection: 5 } }, /^Hub: quotas has no option connection, only connections, /],
      [{ rates: { message: 5 } }, /^Hub: rates has no option message, only messages, /],
      [{ limits: { bodyByte: 5 } }, /^Hub: limits has no option bodyByte, only frameBytes, /],
      [{ crossComm: 'no' }, /^Hub: crossComm must be true or false, not "no"$/],
      [{ legacyAllow: [{ clients: ['*'], network: ['10.0.0.0/8'] }] }, /^legacyAllow has no option network, only /],
      [{ channels: [{ pattern: 'a', historie: false }] }, /^channels needs the option history$/],
    ]
    for (const [options, message] of wrong) {
      assert.throws(() => new Hub(options), { code: 'invalid_option', message })
    }
    await using hub = new Hub()
    const listens: readonly (readonly [object, RegExp])[] = [
      [{ port: 0, tsl: { cert: 'c', key: 'k' } }, /^listen has no option tsl, only host, port, insecure, tls$/],
      [{ port: 0, tls: { cert: 'c' } }, /^listen: tls needs the option key$/],
      [{ port: '0' }, /^listen: port must be a whole number from 0, not "0"$/],
    ]
    for (const [options, message] of listens) {
      await assert.rejects(hub.listen(options), { code: 'invalid_option', message })
    }
    const issuers = { secret: 'x'.repeat(32), issuers: ['https://id.example'] } as JwtOptions
    assert.throws(() => jwt(issuers), { code: 'invalid_option', message: /^jwt has no option issuers, only secret, / })
  })
})
