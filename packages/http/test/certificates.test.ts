import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createSecureServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, createServer } from 'node:net'
import { suite, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import type { Logger } from '@posthouse/core'
import type { TlsOptions } from '@posthouse/http'
import { Wire, type WireParts } from '../src/wire/wire.ts'
import { issue, locked, withoutOpenssl } from './certificates.ts'
import { askOnce, startServer } from './servers.ts'

const tlsFailed = { code: 'tls_failed' }

async function ask(url: string, tls: TlsOptions, parts?: WireParts): Promise<string> {
  await using wire = new Wire({ proxy: false, tls }, parts)
  return await askOnce(wire, url)
}

suite('certificates of servers', { skip: withoutOpenssl }, async () => {
  const authority = await issue('authority', { authority: true })
  const good = await issue('good', { by: authority })
  const ca = authority.cert
  const serve = (identity: { cert: string; key: string }) =>
    startServer((_, response) => void response.end('hello'), identity)

  test('are believed where the authority is trusted', async () => {
    await using server = await serve(good)
    assert.equal(await ask(server.url, { ca }), 'hello')
    assert.equal(await ask(`https://localhost:${server.port}`, { ca: ['', Buffer.from(ca)] }), 'hello')
  })

  const bad = {
    'are refused when nobody knows their authority': ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', { by: authority }, {}],
    'are refused when they are signed by themselves': ['DEPTH_ZERO_SELF_SIGNED_CERT', {}, { ca }],
    'are refused when they have ended': ['CERT_HAS_EXPIRED', { by: authority, days: -1 }, { ca }],
    'are refused when they are for another host': [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      { by: authority, names: 'DNS:other.example' },
      { ca },
    ],
    'are refused when another authority signed them': [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      { by: await issue('authority', { authority: true }) },
      { ca },
    ],
    'are refused when no authority but another server signed them': [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      { by: good },
      { ca },
    ],
  } as const
  for (const [name, [code, says, tls]] of Object.entries(bad)) {
    test(name, async () => {
      await using server = await serve(await issue('server', says))
      const reason = (error: Error & { code?: string; cause?: unknown }): boolean => {
        assert.equal((error.cause as NodeJS.ErrnoException).code, code)
        return error.code === 'tls_failed'
      }
      await assert.rejects(ask(server.url, tls), reason)
      assert.equal(await ask(server.url, { verify: false }, quiet()), 'hello')
    })
  }

  test('can be for a name of one’s own choice', async () => {
    await using server = await serve(await issue('server', { by: authority, names: 'DNS:inner.example' }))
    assert.equal(await ask(server.url, { ca, servername: 'inner.example' }), 'hello')
    await assert.rejects(ask(server.url, { ca, servername: 'outer.example' }), tlsFailed)
  })

  test('are held against pins: of their own key, or of the authority’s', async () => {
    await using server = await startServer((_, response) => void response.end('hello'), {
      cert: good.cert + authority.cert,
      key: good.key,
    })
    const other = await issue('other')
    assert.equal(await ask(server.url, { ca, pins: [other.pin, good.pin] }), 'hello')
    assert.equal(await ask(server.url, { ca, pins: [`sha256/${authority.pin}`] }), 'hello')
    await assert.rejects(ask(server.url, { ca, pins: [other.pin] }), { ...tlsFailed, message: /pinned/ })
    await assert.rejects(ask(server.url, { verify: false, pins: [other.pin] }, quiet()), tlsFailed)
    assert.equal(await ask(server.url, { verify: false, pins: [good.pin] }, quiet()), 'hello')
    await assert.rejects(ask(server.url, { pins: ['short'] }), { code: 'invalid_option' })
  })

  test('are not pinned by an authority that did not sign them, though they come with it', async () => {
    const trusted = await issue('authority', { authority: true })
    const impostor = await issue('good', { by: authority })
    await using server = await startServer((_, response) => void response.end('hello'), {
      cert: impostor.cert + trusted.cert,
      key: impostor.key,
    })
    await assert.rejects(ask(server.url, { ca, pins: [trusted.pin] }), tlsFailed)
  })

  test('are held against pins on every connection, also where TLS would resume', async () => {
    await using server = await serve(good)
    await using wire = new Wire({ proxy: false, tls: { ca, pins: [good.pin] } })
    for (let round = 0; round < 3; round++) assert.equal(await askOnce(wire, server.url), 'hello')
  })

  test('are not asked for from a server that speaks too old a version', async () => {
    const server = await startServer((_, response) => void response.end('hello'), { ...good, maxVersion: 'TLSv1.2' })
    await using _ = server
    assert.equal(await ask(server.url, { ca }), 'hello')
    await assert.rejects(ask(server.url, { ca, minVersion: 'TLSv1.3' }))
  })

  test('warn once when nobody is to look at them', async () => {
    await using server = await serve(await issue('server'))
    const { lines, logger } = listening()
    await using wire = new Wire({ proxy: false, tls: { verify: false } }, { logger })
    for (let round = 0; round < 3; round++) assert.equal(await askOnce(wire, server.url), 'hello')
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /not verified/)
  })
})

suite('certificates of clients', { skip: withoutOpenssl }, () => {
  test('are shown to servers that ask for them', async () => {
    const authority = await issue('authority', { authority: true })
    const server = await issue('server', { by: authority })
    const client = await issue('mallory-or-alice', { by: authority })
    await using strict = await startServer(
      (request, response) => void response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN),
      { cert: server.cert, key: server.key, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    )
    const ca = authority.cert
    assert.equal(await ask(strict.url, { ca, cert: client.cert, key: client.key }), 'mallory-or-alice')
    await assert.rejects(ask(strict.url, { ca }))
    assert.throws(() => new Wire({ tls: { ca, cert: client.cert } }), { code: 'invalid_option' })
    const { pfx, key } = await locked(client, 'sesame')
    assert.equal(await ask(strict.url, { ca, pfx, passphrase: 'sesame' }), 'mallory-or-alice')
    assert.equal(await ask(strict.url, { ca, cert: client.cert, key, passphrase: 'sesame' }), 'mallory-or-alice')
    const unreadable = { code: 'invalid_option', message: /cannot be read/ }
    for (const tls of [
      { pfx, passphrase: 'wrong' },
      { cert: client.cert, key },
    ]) {
      assert.throws(() => new Wire({ tls }), unreadable)
    }
    assert.throws(() => new Wire({ tls: { ca: '/etc/ca.pem' } }), { code: 'invalid_option', message: /not its path/ })
  })
})

test('a connection that is given up while it is made is closed at once', async () => {
  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const origin = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`
  await using wire = new Wire({ proxy: false }, { connectTimeoutMs: 60_000 })
  const connection = wire.open(origin)
  const request = connection.dispatcher.request({ path: '/', method: 'GET', origin })
  const failed = assert.rejects(request)
  const [socket] = await once(silent, 'connection')
  socket.resume().on('error', () => undefined)
  const closed = once(socket, 'close')
  connection.destroy(new Error('nobody waits'))
  await Promise.all([closed, failed])
  silent.close()
})

suite('HTTP/2', { skip: withoutOpenssl }, () => {
  test('is spoken where it is wanted and offered, and not by itself', async () => {
    const identity = await issue('server')
    const server = createHttp2Server(
      { cert: identity.cert, key: identity.key, allowHTTP1: true },
      (request, response) => {
        response.end(request.httpVersion)
      },
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const tls = { ca: identity.cert }
      await using one = new Wire({ proxy: false, tls })
      await using two = new Wire({ proxy: false, tls, http2: true })
      assert.equal(await askOnce(one, origin), '1.1')
      assert.equal(await askOnce(two, origin), '2.0')
      const connection = two.open(origin)
      assert.equal(connection.capacity, 1)
      const { body } = await connection.dispatcher.request({ path: '/', method: 'GET', origin })
      assert.equal(await body.text(), '2.0')
      assert.ok(connection.capacity > 1)
      await connection.dispatcher.destroy()
    } finally {
      server.close()
    }
  })
})

function listening(): { lines: string[]; logger: Logger } {
  const lines: string[] = []
  const nothing = (): void => undefined
  return { lines, logger: { debug: nothing, info: nothing, error: nothing, warn: (line) => void lines.push(line) } }
}

function quiet(): WireParts {
  return { logger: listening().logger }
}
