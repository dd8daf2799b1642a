import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createApp, eventStream } from '@posthouse/web'

describe('a stream of events', () => {
  it('is written as the standard has it', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/', () =>
      eventStream(async function* () {
        yield { data: { a: 1 } }
        yield { data: 'two\nlines', event: 'note', id: '7', retry: 1000 }
        yield { data: '' }
      }),
    )
    const { headers, text } = await app.inject('/')
    assert.equal(headers['content-type'], 'text/event-stream')
    assert.equal(text, ':\n\ndata: {"a":1}\n\nevent: note\nid: 7\nretry: 1000\ndata: two\ndata: lines\n\ndata: \n\n')
  })

  it('comes event by event over a port, with a heartbeat in between, and its source ends with the client', async () => {
    const ended = Promise.withResolvers<void>()
    await using app = createApp({ env: 'test', compression: true })
    app.get('/', () =>
      eventStream(
        async function* () {
          try {
            yield { data: 'first' }
            await new Promise<never>(() => undefined)
          } finally {
            ended.resolve()
          }
        },
        { heartbeat: 10 },
      ),
    )
    app.get('/endless', () =>
      eventStream(async function* () {
        try {
          for (let n = 0; ; n++) yield { data: 'x'.repeat(1000) + n }
        } finally {
          ended.resolve()
        }
      }),
    )
    const { port } = await app.listen({ port: 0 })
    const reader = await read(`http://127.0.0.1:${port}/`)
    await reader.until(/first/)
    await reader.until(/:\n\n:\n\n/)
    reader.abort()
    const endless = await read(`http://127.0.0.1:${port}/endless`)
    await endless.until(/x5\n/)
    endless.abort()
    await ended.promise
  })

  it('waits once for an event, however many heartbeats pass before it comes', async () => {
    let waits = 0
    const never = new Promise<never>(() => undefined)
    void Object.defineProperty(never, 'then', { value: () => void waits++ })
    const source = { [Symbol.asyncIterator]: () => ({ next: () => never }) }
    await using app = createApp({ env: 'test' })
    app.get('/', () => eventStream(() => source, { heartbeat: 1 }))
    const { port } = await app.listen({ port: 0 })
    const reader = await read(`http://127.0.0.1:${port}/`)
    await reader.until(/(:\n\n){5}/)
    reader.abort()
    assert.equal(waits, 1)
  })

  it('ends when the app drains', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/', () =>
      eventStream(async function* () {
        yield { data: 'first' }
        await new Promise<never>(() => undefined)
      }),
    )
    const { port } = await app.listen({ port: 0 })
    const reader = await read(`http://127.0.0.1:${port}/`)
    await reader.until(/first/)
    await Promise.all([app.drain(), reader.end()])
  })
})

async function read(url: string) {
  const abort = new AbortController()
  const { body } = await fetch(url, { signal: abort.signal, headers: { 'accept-encoding': 'gzip' } })
  assert.ok(body)
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    abort: () => abort.abort(),
    until: async (pattern: RegExp) => {
      while (!pattern.test(text)) text += (await reader.read()).value ?? assert.fail(`ended with ${text}`)
    },
    end: async () => {
      while (!(await reader.read()).done);
    },
  }
}
