import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createHttpClient } from '@posthouse/http'
import { startServer } from './servers.ts'

const size = 3_000_000

suite('a body that is read as it comes', () => {
  test('arrives whole, however slow its reader is', async () => {
    await using server = await startServer((_, response) => void response.end(Buffer.alloc(size)))
    await using client = createHttpClient({ logging: false, proxy: false, retry: false })
    for (const pause of [() => undefined, () => turn(), () => turn().then(() => turn())]) {
      const response = await client.stream('GET', server.url)
      let bytes = 0
      for await (const chunk of response) {
        bytes += chunk.length
        await pause()
      }
      assert.equal(bytes, size)
    }
    assert.equal(client.stats.connections, 1)
  })

  test('can be given up by its signal', async () => {
    await using server = await startServer((_, response) => void response.end(Buffer.alloc(size)))
    await using client = createHttpClient({ logging: false, proxy: false, retry: false })
    const stop = new AbortController()
    const response = await client.stream('GET', server.url, { signal: stop.signal })
    const read = async (): Promise<void> => {
      for await (const _ of response) stop.abort()
    }
    await assert.rejects(read(), { code: 'aborted' })
  })

  test('has a deadline for its next piece', async () => {
    await using server = await startServer((_, response) => {
      response.writeHead(200).write('the beginning')
    })
    await using client = createHttpClient({ logging: false, proxy: false, retry: false, timeout: { read: 100 } })
    const response = await client.stream('GET', server.url)
    await assert.rejects(response.text(), { code: 'read_timeout' })
  })
})
