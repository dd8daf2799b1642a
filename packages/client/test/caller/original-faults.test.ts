import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createCallClient } from '@posthouse/client/calls'
import { FaultProxy } from './fault-proxy.ts'
import { OriginalServer } from './original-server.ts'

interface Scene {
  readonly line: FaultProxy
  readonly begun: Promise<void>
  readonly finish: () => void
}

/** When the line is cut, after the call was made. */
const phases: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  'before the request arrives': async ({ line }) => {
    line.strand('up').reset()
  },
  'while the handler works': async ({ line, begun }) => {
    await begun
    line.reset()
  },
  'before the answer arrives': async ({ line, begun, finish }) => {
    await begun
    line.strand('down')
    const answered = line.next('down')
    finish()
    await answered
    line.reset()
  },
}

suite('a server of the original kind, which remembers nothing, and a line that is cut', () => {
  for (const [phase, cut] of Object.entries(phases)) {
    for (const idempotent of [false, true]) {
      const promise = idempotent ? 'a result where twice does no harm' : 'no second run, and no guess'
      test(`${phase}: ${promise}`, async () => {
        await using server = await OriginalServer.start()
        await using line = await FaultProxy.start(server.port)
        const begun = Promise.withResolvers<void>()
        const finished = Promise.withResolvers<void>()
        let runs = 0
        server.register('work', async () => {
          runs++
          begun.resolve()
          await finished.promise
          return 'worked'
        })
        await using client = createCallClient({
          logLevel: 'silent',
          socketUrl: `ws://127.0.0.1:${line.port}`,
          reconnectionDelayMs: 20,
        })
        await client.connect()
        const call = client.call('work', {}, { idempotent })
        const outcome = call.catch((error) => error.code)
        await cut({ line, begun: begun.promise, finish: finished.resolve })
        finished.resolve()
        assert.equal(await outcome, idempotent ? 'worked' : 'unknown_outcome')
        assert.ok(idempotent ? runs >= 1 && runs <= 2 : runs <= 1, `${runs} runs`)
      })
    }
  }
})
