import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type ReceiverOptions, received } from '../examples/73-receiving-client.ts'
import { createReceiver as createWebReceiver } from '../examples/74-callbacks-web.ts'
import { createReceiver as createFastifyReceiver } from '../examples/75-callbacks-fastify.ts'
import { createReceiver as createExpressReceiver } from '../examples/76-callbacks-express.ts'
import { startUp, type UpCli } from '../packages/posthouse/test/cli.ts'

const example = (name: string): string => fileURLToPath(new URL(`../examples/${name}`, import.meta.url))

/** Starts a receiver and returns what stops it. */
type Start = (options: ReceiverOptions, port: number) => Promise<() => Promise<unknown>>

const receivers: Readonly<Record<string, Start>> = {
  '74-callbacks-web.ts': async (options, port) => {
    const app = createWebReceiver(options)
    await app.listen({ port })
    return () => app.close()
  },
  '75-callbacks-fastify.ts': async (options, port) => {
    const app = await createFastifyReceiver(options)
    await app.listen({ port })
    return () => app.close()
  },
  '76-callbacks-express.ts': async (options, port) => {
    const { app, client } = await createExpressReceiver(options)
    const server = app.listen(port)
    return async () => {
      await client.disconnect()
      server.closeAllConnections()
      server.close()
    }
  },
}

describe('the examples of calls', () => {
  let folder = ''
  let up: UpCli
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'call-examples-'))
    up = await startUp(['--procedures', example('70-procedures.ts'), '--data', folder])
  })
  after(async () => {
    await up[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  for (const [name, lines] of Object.entries({
    '71-call-client.ts': [
      "received { id: 7, name: 'Test User' }",
      'sent true by socket',
      "{ id: 7, name: '张三' }",
      "{ id: 7, name: '张三' }",
      '1',
      '2',
      '3',
    ],
    '72-call-errors.ts': [
      "the result: { id: 7, name: '张三' }",
      'the connection failed',
      'wrong arguments',
      'another error: there is no user 8',
    ],
  })) {
    test(`do what they say: ${name}`, async () => {
      const args = ['--conditions=@posthouse/source', example(name), new URL(up.url).host]
      const { stdout } = await promisify(execFile)(process.execPath, args)
      // Whether the receipt or the result comes first, chance decides.
      assert.deepEqual(stdout.trim().split('\n').toSorted(), lines.toSorted())
    })
  }

  for (const [name, start] of Object.entries(receivers)) {
    test(`take results through the socket and by signed callbacks: ${name}`, async () => {
      const port = await freePort()
      const { host } = new URL(up.url)
      const keys: unknown = JSON.parse(await readFile(join(folder, 'callback-keys.json'), 'utf8'))
      const callbackSecret = /whsec_[\w+/=]+/.exec(JSON.stringify(keys))?.[0] ?? ''
      const stop = await start(
        {
          socketUrl: `ws://${host}`,
          httpUrl: `http://${host}/api/call`,
          callbackUrl: `http://127.0.0.1:${port}/api/callback`,
          callbackSecret,
        },
        port,
      )
      try {
        for (const callback_type of [undefined, 'socket', 'http']) {
          received.length = 0
          const wish = { api: 'user.get', data: { userId: 7 }, callback_type, request_id: crypto.randomUUID() }
          const receipt = await post(`http://127.0.0.1:${port}/api/call`, wish)
          assert.equal(receipt.success, true)
          while (received.length === 0) await new Promise(setImmediate)
          assert.deepEqual(
            received.map(({ success, api, request_id }) => [success, api, request_id]),
            [[true, 'user.get', wish.request_id]],
          )
        }
        const forged = { request_id: 'r', api: 'user.get', success: true, data: 'forged' }
        assert.equal((await post(`http://127.0.0.1:${port}/api/callback`, forged)).code, 'invalid_signature')
      } finally {
        await stop()
      }
    })
  }
})

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return JSON.parse(await response.text())
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
