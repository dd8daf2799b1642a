import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startEcho } from './echo-server.ts'
import { RawTcp, request } from './raw-tcp.ts'
import { text } from './web-socket-bytes.ts'

async function answer(port: number, ...args: Parameters<typeof request>): Promise<string> {
  using tcp = await RawTcp.connect(port)
  tcp.socket.write(request(...args))
  return await tcp.head()
}

suite('the opening handshake', () => {
  test('answers the example of RFC 6455 as the RFC does, and agrees on no extension', async () => {
    await using server = await startEcho()
    const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }
    assert.deepEqual((await answer(server.port, offer)).split('\r\n'), [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    ])
  })

  test('takes headers in any case, and lists', async () => {
    await using server = await startEcho()
    const changed = { Connection: 'keep-alive, uPGRADE', Upgrade: 'WebSocket' }
    assert.match(await answer(server.port, changed), /^HTTP\/1.1 101 /)
  })

  test('chooses the first subprotocol that it knows, or none', async () => {
    await using server = await startEcho()
    const chosen = async (offered: string): Promise<string | undefined> =>
      /^Sec-WebSocket-Protocol: (.*)$/m.exec(await answer(server.port, { 'Sec-WebSocket-Protocol': offered }))?.[1]
    assert.equal(await chosen('graphql, posthouse.v1.msgpack ,posthouse.v1.json'), 'posthouse.v1.msgpack')
    assert.equal(await chosen('graphql'), undefined)
  })

  const refused: Readonly<Record<string, readonly [RegExp, ...Parameters<typeof request>]>> = {
    'another method': [/^HTTP\/1.1 405 .*\r\n(.*\r\n)*Allow: GET/, {}, 'POST / HTTP/1.1'],
    'another version': [/^HTTP\/1.1 426 .*\r\n(.*\r\n)*Sec-WebSocket-Version: 13/, { 'Sec-WebSocket-Version': '8' }],
    'no version': [/^HTTP\/1.1 426 /, { 'Sec-WebSocket-Version': '' }],
    'no key': [/^HTTP\/1.1 400 /, { 'Sec-WebSocket-Key': '' }],
    'a short key': [/^HTTP\/1.1 400 /, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ' }],
    'a long key': [/^HTTP\/1.1 400 /, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZSB0aGF0IGlzIGxvbmc=' }],
    'another protocol': [/^HTTP\/1.1 400 /, { Upgrade: 'h2c' }],
    'a subprotocol that is no name': [/^HTTP\/1.1 400 /, { 'Sec-WebSocket-Protocol': 'a b' }],
    'a subprotocol that comes twice': [/^HTTP\/1.1 400 /, { 'Sec-WebSocket-Protocol': 'a, b, a' }],
    'an empty subprotocol': [/^HTTP\/1.1 400 /, { 'Sec-WebSocket-Protocol': 'a,,b' }],
    'HTTP/1.0': [/^HTTP\/1.1 400 /, {}, 'GET / HTTP/1.0'],
  }
  for (const [what, [expected, ...args]] of Object.entries(refused)) {
    test(`refuses ${what}`, async () => {
      await using server = await startEcho()
      assert.match(await answer(server.port, ...args), expected)
    })
  }

  test('reads the frames that come in one piece with the request', async () => {
    await using server = await startEcho()
    using tcp = await RawTcp.connect(server.port)
    tcp.socket.write(Buffer.concat([Buffer.from(request()), text('early'), text('bird').subarray(0, 3)]))
    await tcp.head()
    tcp.socket.end()
    const [frame] = await tcp.frames()
    assert.equal(frame?.payload.toString(), 'early')
  })
})
