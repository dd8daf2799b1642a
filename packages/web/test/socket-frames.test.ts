import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { cutUp } from '../../hub/test/web-socket-bytes.ts'
import { saidTo, webSocketCases } from '../../hub/test/web-socket-cases.ts'
import { startSockets } from './socket-server.ts'

/** Says every message back. */
function startEcho(): ReturnType<typeof startSockets> {
  return startSockets(
    (router) => {
      router.websocket('/', async (socket) => {
        await socket.accept()
        for await (const message of socket) await socket.send(message)
      })
    },
    { limits: { messageBytes: 1_000_000, close: 200 } },
  )
}

/**
 * Handlers answer a moment later than frames are read. A pong overtakes them, and what a peer sent before it broke the rules
 * is not answered any more.
 */
function outOfTurn(said: readonly string[]): string[] {
  const broken = said.at(-1)
  if (broken !== undefined && /^close 10(02|07|09)$/.test(broken)) return [broken]
  return [...said].sort()
}

suite('over a real socket, a WebSocket endpoint answers as RFC 6455 demands', () => {
  for (const [what, [written, expected]] of Object.entries(webSocketCases)) {
    test(what, async () => {
      await using server = await startEcho()
      const whole = await saidTo(server.port, [Buffer.concat(written)])
      assert.deepEqual(outOfTurn(whole), outOfTurn(expected))
      const cut = await saidTo(server.port, cutUp(Buffer.concat(written), [1, 2, 3, 7, 8, 9, 60, 5000]))
      assert.deepEqual(outOfTurn(cut), outOfTurn(expected))
    })
  }
})
