import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ErrorCode } from '@posthouse/core'
import { transportError } from '../src/errors/transport-error.ts'
import { failure, quietClient } from './quiet.ts'
import { answering, startRaw } from './raw-server.ts'

const ok = 'HTTP/1.1 200 OK\r\n'

describe('an answer that is wrong', () => {
  const table: readonly (readonly [what: string, text: string, code: ErrorCode])[] = [
    ['no HTTP at all', 'hello\r\n\r\n', 'bad_response'],
    ['two different lengths', `${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, 'bad_response'],
    ['a length and chunks', `${ok}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 'bad_response'],
    ['a chunk that is none', `${ok}transfer-encoding: chunked\r\n\r\nxyz\r\n`, 'bad_response'],
    ['lines that end with a line feed alone', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n', 'bad_response'],
    ['a head without end', `${ok}x: ${'a'.repeat(70_000)}\r\n\r\n`, 'bad_response'],
    ['a length that is none', `${ok}content-length: many\r\n\r\n`, 'bad_response'],
  ]
  for (const [what, text, code] of table) {
    test(`with ${what} is ${code}`, async () => {
      await using server = await startRaw(answering(text))
      await using client = quietClient()
      await failure(client.get(`http://127.0.0.1:${server.port}`), code)
      assert.equal(client.stats.connections, 0)
    })
  }

  const cut: readonly (readonly [what: string, text: string, code: ErrorCode])[] = [
    ['before its head', '', 'connection_lost'],
    ['within its head', 'HTTP/1.1 200', 'connection_lost'],
    ['within its body', `${ok}content-length: 10\r\n\r\n12345`, 'truncated_body'],
    ['within a chunk', `${ok}transfer-encoding: chunked\r\n\r\n5\r\n12`, 'truncated_body'],
    ['before the last chunk', `${ok}transfer-encoding: chunked\r\n\r\n1\r\n1\r\n`, 'truncated_body'],
  ]
  for (const [what, text, code] of cut) {
    test(`because it ends ${what} is ${code}`, async () => {
      await using server = await startRaw((socket) => socket.once('data', () => socket.end(text)))
      await using client = quietClient()
      const error = await failure(client.get(`http://127.0.0.1:${server.port}`), code)
      assert.equal(error.retryable, true)
      assert.equal(client.stats.connections, 0)
    })
  }

  for (const code of ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']) {
    test(`because the kernel gives the connection up with ${code} is connection_lost, since the request went out`, () => {
      const error = Object.assign(new Error(`read ${code}`), { code })
      assert.equal(transportError(error, 'sending').code, 'connection_lost')
      assert.equal(transportError(error, 'body').code, 'connection_lost')
      assert.match(transportError(error, 'connecting').code, /^connect_/)
    })
  }

  test('because the connection is reset is connection_lost', async () => {
    await using server = await startRaw((socket) => socket.once('data', () => socket.resetAndDestroy()))
    await using client = quietClient()
    await failure(client.get(`http://127.0.0.1:${server.port}`), 'connection_lost')
  })

  test('is what a stream ends with, too', async () => {
    await using server = await startRaw((socket) => {
      socket.once('data', () => socket.end(`${ok}content-length: 10\r\n\r\n12345`))
    })
    await using client = quietClient()
    const response = await client.stream('GET', `http://127.0.0.1:${server.port}`)
    await failure(response.bytes(), 'truncated_body')
    assert.equal(client.metrics().records[0]?.error, 'truncated_body')
  })
})

test('an answer without a length ends with its connection', async () => {
  await using server = await startRaw((socket) => socket.once('data', () => socket.end(`${ok}\r\nall of it`)))
  await using client = quietClient()
  assert.equal(await (await client.get(`http://127.0.0.1:${server.port}`)).text(), 'all of it')
})

test('early hints are no answer', async () => {
  const text = `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${ok}content-length: 2\r\n\r\nok`
  await using server = await startRaw(answering(text))
  await using client = quietClient()
  const response = await client.get(`http://127.0.0.1:${server.port}`)
  assert.equal(response.status, 200)
  assert.equal(await response.text(), 'ok')
})

test('a name that does not exist is dns_failed, and a closed port connect_failed', async () => {
  await using client = quietClient()
  const error = await failure(client.get('http://nothing.invalid/'), 'dns_failed')
  assert.equal(error.thirdPartyStatus, 603)
  await failure(client.get('http://127.0.0.1:1/'), 'connect_failed')
})
