import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Clock, systemClock } from '@posthouse/core'
import { createHttpClient, type ServerSentEvent } from '@posthouse/http'
import { memoryTransport } from '@posthouse/http/testing'
import fc from 'fast-check'
import { startHttpbin } from '../../../tests/httpbin/httpbin.ts'
import { EventParser } from '../src/events/event-parser.ts'
import { collected } from './collected.ts'
import { startServer } from './servers.ts'

interface Parsed {
  readonly events: readonly ServerSentEvent[]
  readonly retries: readonly number[]
  readonly lastEventId: string
}

function parse(pieces: readonly Uint8Array[], lastEventId?: string): Parsed {
  const events: ServerSentEvent[] = []
  const retries: number[] = []
  const parser = new EventParser(
    { onEvent: (event) => events.push(event), onRetry: (ms) => retries.push(ms) },
    lastEventId,
  )
  for (const piece of pieces) parser.push(piece)
  return { events, retries, lastEventId: parser.lastEventId }
}

const parseText = (text: string): Parsed => parse([Buffer.from(text)])
const message = (data: string, id = ''): ServerSentEvent => ({ type: 'message', data, id })

/** What the HTML standard says of these streams, by its examples and rules. */
const streams: readonly (readonly [string, readonly ServerSentEvent[]])[] = [
  ['data: YHOO\ndata: +2\ndata: 10\n\n', [message('YHOO\n+2\n10')]],
  [
    ': a comment\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n',
    [message('first', '1'), message('second'), message(' third')],
  ],
  ['data\n\ndata\ndata\n\ndata:', [message(''), message('\n')]],
  ['data:test\n\ndata: test\n\n', [message('test'), message('test')]],
  [
    'event: add\ndata: 73857293\n\nevent: remove\n\ndata: 1\n\n',
    [{ type: 'add', data: '73857293', id: '' }, message('1')],
  ],
  ['\uFEFFdata: after a byte order mark\n\n', [message('after a byte order mark')]],
  ['data: a\r\rdata: b\r\n\r\ndata: c\n\n', [message('a'), message('b'), message('c')]],
  ['data: x\nunknown: y\nDATA: z\n data: w\n\n', [message('x')]],
  ['id: 1\u0000\ndata: no id with NUL\n\n', [message('no id with NUL')]],
  ['id: 7\n\ndata: the id stays\n\n', [message('the id stays', '7')]],
  ['data: not ended', []],
  ['data: äöü €\n\n', [message('äöü €')]],
  ['data: a: b: c\n\n', [message('a: b: c')]],
]

suite('a stream of events', () => {
  for (const [text, events] of streams) {
    test(`${JSON.stringify(text)} is ${events.length} events`, () => {
      assert.deepEqual(parseText(text).events, events)
    })
  }

  test('is the same wherever the network cuts it, and with any kind of line ends', () => {
    const all = streams.map(([text]) => text.replace(/^\uFEFF/, '')).join('\n\n')
    const lineEnds = fc.constantFrom('\n', '\r', '\r\n')
    fc.assert(
      fc.property(lineEnds, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (end, sizes) => {
        const bytes = Buffer.from(all.replaceAll(/\r\n|\r|\n/g, end))
        const pieces: Uint8Array[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          pieces.push(bytes.subarray(at, at + size))
          at += size
        }
        assert.deepEqual(parse(pieces), parseText(all))
      }),
    )
  })

  test('may say how long to wait, in digits only', () => {
    assert.deepEqual(parseText('retry: 250\nretry: -1\nretry: 1e3\nretry: \nretry: 0\n\n').retries, [250, 0])
  })

  test('knows the last id of a complete event only', () => {
    assert.equal(parseText('id: 1\ndata: x\n\nid: 2\ndata: y').lastEventId, '1')
    assert.equal(parse([Buffer.from('data: x\n\n')], '9').events[0]?.id, '9')
  })

  test('looks once through a line that comes in many pieces', () => {
    const events: ServerSentEvent[] = []
    const parser = new EventParser({ onEvent: (event) => events.push(event) })
    const piece = Buffer.from('x')
    parser.push(Buffer.from('data: '))
    // Looking through all of it each time would take many minutes.
    for (let count = 0; count < 1_000_000; count++) parser.push(piece)
    parser.push(Buffer.from('\n\n'))
    assert.equal(events[0]?.data.length, 1_000_000)
  })

  test('is refused when one event grows without end', () => {
    const parser = new EventParser({ onEvent: () => undefined, maxEventLength: 100 })
    parser.push(Buffer.from(`data: ${'x'.repeat(90)}\n\n`))
    assert.throws(() => parser.push(Buffer.from(`data: ${'x'.repeat(101)}`)), { code: 'response_too_large' })
    const lines = new EventParser({ onEvent: () => undefined, maxEventLength: 100 })
    assert.throws(() => lines.push(Buffer.from('data: x\n'.repeat(60))), { code: 'response_too_large' })
  })
})

suite('a client that follows events', () => {
  const quick = { delayMs: 1, maxDelayMs: 5 }

  test('opens the stream again behind the last event, until the server says that it is over', async () => {
    await using server = await startHttpbin()
    await using client = createHttpClient({ logging: false, proxy: false, baseUrl: server.url })
    const events = await collected(client.events('/sse?total=5&count=2', { reconnect: quick }))
    assert.deepEqual(
      events.map(({ id }) => id),
      ['1', '2', '3', '4', '5'],
    )
    assert.deepEqual(events[0], { type: 'tick', data: 'number 1\nof 5', id: '1' })
    assert.equal(server.seen.length, 4)
  })

  test('goes on behind an id of any letters, as UTF-8, and leaves out one that no header can carry', async () => {
    const ids = ['id: żółć', 'id: a\u0001b']
    const transport = memoryTransport(() => {
      const id = ids.shift()
      if (id === undefined) return { status: 204 }
      return { text: `${id}\ndata: x\n\n`, headers: { 'content-type': 'text/event-stream' } }
    })
    await using client = createHttpClient({ logging: false, transport })
    const events = await collected(client.events('http://a.example/', { reconnect: quick }))
    assert.deepEqual(
      events.map(({ id }) => id),
      ['żółć', 'żółć'],
    )
    const sent = transport.sent.map(({ headers }) => Buffer.from(headers.get('last-event-id', ''), 'latin1').toString())
    assert.deepEqual(sent, ['', 'żółć', 'żółć'])
  })

  test('goes on from an earlier run, and ends with its stream where nothing is to be opened again', async () => {
    await using server = await startHttpbin()
    await using client = createHttpClient({ logging: false, proxy: false, baseUrl: server.url })
    const options = { lastEventId: '3', reconnect: false }
    const events = await collected(client.events('/sse?total=5&count=1', options))
    assert.deepEqual(
      events.map(({ id }) => id),
      ['4'],
    )
  })

  test('asks for events, and for nothing that was kept', async () => {
    const transport = memoryTransport(() => ({ status: 204 }))
    await using client = createHttpClient({ logging: false, transport })
    await collected(client.events('http://a.example/', { headers: { authorization: 'Bearer t' } }))
    const [request] = transport.sent
    assert.equal(request?.headers.get('accept'), 'text/event-stream')
    assert.equal(request?.headers.get('cache-control'), 'no-store')
    assert.equal(request?.headers.get('authorization'), 'Bearer t')
    assert.equal(request?.headers.has('last-event-id'), false)
  })

  test('waits as long as the server says, but not so little that the server is asked without end', async () => {
    const waits: number[] = []
    const clock: Clock = {
      ...systemClock,
      after: (ms, task) => {
        waits.push(ms)
        return systemClock.after(ms / 100, task)
      },
    }
    const transport = memoryTransport(() => {
      const { length } = transport.sent
      const head = { 'content-type': 'text/event-stream' }
      return length < 3 ? { text: `retry: ${(length - 1) * 300}\n\n`, headers: head } : { status: 204 }
    })
    await using client = createHttpClient({ logging: false, transport, clock })
    await collected(client.events('http://a.example/', { reconnect: { delayMs: 100_000 } }))
    // The second failure in a row doubles what the server said.
    assert.deepEqual(
      waits.filter((ms) => ms < 1000),
      [250, 600],
    )
  })

  test('gives up what cannot get better at once, and the rest after as many failures as it may have', async () => {
    const answers = { forbidden: 403, busy: 503, found: 200 }
    const transport = memoryTransport(({ url }) => {
      const status = answers[url.pathname.slice(1) as keyof typeof answers]
      return { status, text: 'no events' }
    })
    await using client = createHttpClient({ logging: false, transport, retry: false })
    const follow = (path: string): Promise<unknown> => {
      return collected(client.events(`http://a.example/${path}`, { reconnect: { ...quick, attempts: 2 } }))
    }
    await assert.rejects(follow('forbidden'), { code: 'bad_status' })
    await assert.rejects(follow('found'), { code: 'bad_response', message: /text\/plain/ })
    assert.equal(transport.sent.length, 2)
    await assert.rejects(follow('busy'), { code: 'bad_status' })
    assert.equal(transport.sent.length, 5)
  })

  test('takes a stream without a single byte for too long for lost, whether its own option or the deadline says so', async () => {
    for (const options of [{ idleMs: 40 }, { timeout: { read: 40 } }]) {
      const ids = ['1', '2']
      await using server = await startServer((_, response) => {
        const id = ids.shift()
        response.writeHead(id === undefined ? 204 : 200, { 'content-type': 'text/event-stream' })
        if (id === undefined) response.end()
        else response.write(`id: ${id}\ndata: x\n\n`)
      })
      await using client = createHttpClient({ logging: false, proxy: false })
      const events = await collected(client.events(server.url, { ...options, reconnect: quick }))
      assert.deepEqual(
        events.map(({ id }) => id),
        ['1', '2'],
      )
    }
  })

  test('has the deadlines of its request until events come', async () => {
    await using server = await startServer(() => undefined)
    await using client = createHttpClient({ logging: false, proxy: false, retry: false })
    const events = client.events(server.url, { timeout: 40, reconnect: false })
    await assert.rejects(events.next(), { code: 'first_byte_timeout' })
  })

  test('ends the connection when its reader leaves, and stops waiting when it is told to', async () => {
    await using server = await startHttpbin()
    await using client = createHttpClient({ logging: false, proxy: false, baseUrl: server.url })
    for await (const event of client.events('/sse?total=3')) {
      assert.equal(event.id, '1')
      break
    }
    assert.equal(client.stats.running, 0)
    const stop = new AbortController()
    const following = collected(client.events('/sse?total=0', { signal: stop.signal }))
    assert.deepEqual(await following, [])
    const waiting = collected(client.events('/sse?total=9&count=1', { signal: stop.signal }))
    setImmediate(() => stop.abort(new Error('enough')))
    await assert.rejects(waiting)
  })
})
