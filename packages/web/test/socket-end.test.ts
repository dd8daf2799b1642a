import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isPosthouseError, silentLogger } from '@posthouse/core'
import fc from 'fast-check'
import { RawSocket } from '../../hub/test/raw-socket.ts'
import { RawTcp } from '../../hub/test/raw-tcp.ts'
import { createApp } from '../src/app/create-app.ts'
import { depends } from '../src/dependencies/depends.ts'
import { problem } from '../src/problem/problem.ts'
import { startSockets } from './socket-server.ts'

const quiet = { env: 'test', logger: silentLogger } as const

suite('the end of a WebSocket', () => {
  test('has a code that may be sent; any other is an error that says which may', async () => {
    const failures: string[] = []
    await using app = createApp(quiet)
    app.websocket('/ws', async (socket) => {
      await socket.accept()
      for (const code of [100, 0, -1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 1000.5, Number.NaN]) {
        await socket.close(code).catch((error: Error) => failures.push(error.message))
      }
      await socket.close(4999)
    })
    const client = await app.connect('/ws')
    assert.equal((await client.closed).code, 4999)
    assert.equal(failures.length, 14)
    assert.match(failures[0] ?? '', /^100 cannot be sent as a close code: it is none; use 1000 for a normal end/)
  })

  test('has as much of a reason as fits, in whole characters', async () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(texts, async (reason) => {
        await using app = createApp(quiet)
        app.websocket('/ws', async (socket) => {
          await socket.accept()
          await socket.close(4000, reason)
        })
        const client = await app.connect('/ws')
        const end = await client.closed
        if (Buffer.byteLength(reason) <= 123) assert.equal(end.reason, reason)
        else {
          assert.ok(Buffer.byteLength(end.reason) <= 123)
          assert.ok(reason.startsWith(end.reason.slice(0, -1)))
          assert.ok(end.reason.endsWith('…'))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('is 1011 where the handler fails, and a frame and a code where it says why', async () => {
    const failures: string[] = []
    const logger = {
      ...silentLogger,
      error: (_: string, fields?: object) => void failures.push(JSON.stringify(fields)),
    }
    await using app = createApp({ ...quiet, logger })
    app.websocket('/broken', async (socket) => {
      await socket.accept()
      throw new Error('the password is 1234')
    })
    app.websocket('/gone', async (socket) => {
      await socket.accept()
      throw problem(410, 'The room was closed')
    })
    const broken = await app.connect('/broken')
    assert.doesNotMatch(await broken.receiveText(), /1234/)
    const { code, reason } = await broken.closed
    assert.equal(code, 1011)
    assert.doesNotMatch(reason, /1234/)
    assert.match(failures.join(), /"requestId":".+1234|1234.+"requestId":/)
    const gone = await app.connect('/gone')
    assert.deepEqual(await gone.receiveJson(), { status: 41000, message: 'The room was closed' })
    assert.deepEqual(await gone.closed, { code: 4410, reason: 'The room was closed' })
  })

  test('is no failure where the peer leaves a handler that waits for it', async () => {
    const failures: string[] = []
    const ended = Promise.withResolvers<unknown>()
    const logger = { ...silentLogger, error: (message: string) => void failures.push(message) }
    const held = depends(({ defer }) => defer((failure) => ended.resolve(failure)))
    await using server = await startSockets(
      (router) => {
        router.websocket('/ws', { dependencies: { held } }, async (socket) => {
          await socket.accept()
          await socket.receiveText()
        })
      },
      {},
      { logger },
    )
    await using raw = await RawSocket.open(`${server.url}/ws`)
    await raw.cut()
    const failure = await ended.promise
    assert.equal(isPosthouseError(failure) && failure.code, 'socket_closed')
    assert.deepEqual(failures, [])
  })

  for (const stopCode of [1001, 1012] as const) {
    test(`is ${stopCode} when the app stops, after what was under way`, async () => {
      const steps: string[] = []
      const server = await startSockets(
        (router) => {
          router.websocket('/ws', async (socket, { signal }) => {
            await socket.accept()
            for await (const _ of socket) steps.push('message')
            steps.push(`ended ${signal.aborted}`)
          })
        },
        { stopCode },
      )
      await using raw = await RawSocket.open(`${server.url}/ws`)
      raw.send('a')
      raw.socket.ping()
      await new Promise((resolve) => raw.socket.once('pong', resolve))
      await server.app.drain()
      assert.equal((await raw.closed()).code, stopCode)
      assert.deepEqual(steps, ['message', 'ended true'])
    })
  }

  test('does not wait longer than the app may for a peer that is mute, nor for a handler', async () => {
    for (const close of [30_000, 50]) {
      const never = new Promise<void>(() => undefined)
      const server = await startSockets(
        (router) => {
          router.websocket('/ws', async (socket) => {
            await socket.accept()
            if (close === 50) await never
            await socket.closed
          })
        },
        { limits: { close } },
        { drainTimeout: 300 },
      )
      using tcp = await RawTcp.open(server.port, '/ws')
      const from = performance.now()
      await server.app.drain()
      assert.ok(performance.now() - from < 5000)
      assert.equal((await tcp.frames()).at(-1)?.payload.readUInt16BE(0), 1001)
    }
  })

  test('of those who come while the app stops is 503', async () => {
    const leave = Promise.withResolvers<void>()
    const server = await startSockets((router) => {
      router.websocket('/ws', async (socket) => {
        await socket.accept()
        await leave.promise
      })
    })
    await using raw = await RawSocket.open(`${server.url}/ws`)
    const drained = server.app.drain()
    assert.equal((await raw.closed()).code, 1001)
    await assert.rejects(server.app.connect('/ws'), { status: 503, message: 'The server is shutting down' })
    leave.resolve()
    await drained
  })
})
