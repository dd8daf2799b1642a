import assert from 'node:assert/strict'
import type { Writable } from 'node:stream'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import * as ws from 'ws'
import { FrameReader } from '../src/door/web-socket/frame-reader.ts'
import { close, cutUp, frameOf, streams, text } from './web-socket-bytes.ts'

const maxBytes = 100_000

/** The reader of `ws`, which its types do not name. */
const Receiver = Reflect.get(ws, 'Receiver') as new (options: object) => Writable

type Event = readonly [what: string, ...details: unknown[]]

/** What our reader makes of chunks. */
function read(chunks: readonly Buffer[]): Event[] {
  const events: Event[] = []
  const reader = new FrameReader(
    {
      message: (data, binary) => events.push(['message', Buffer.from(data).toString('hex'), binary]),
      ping: (payload) => events.push(['ping', Buffer.from(payload).toString('hex')]),
      pong: (payload) => events.push(['pong', Buffer.from(payload).toString('hex')]),
      closed: (code, reason) => events.push(['closed', code, reason]),
      broken: (code) => events.push(['broken', code]),
    },
    maxBytes,
  )
  for (const chunk of chunks) reader.push(chunk)
  return events
}

/** What the reader of `ws` makes of them, in the same words. */
async function readByWs(chunks: readonly Buffer[]): Promise<Event[]> {
  const events: Event[] = []
  const receiver = new Receiver({ isServer: true, maxPayload: maxBytes })
  receiver.on('message', (data: Buffer, binary: boolean) => events.push(['message', data.toString('hex'), binary]))
  receiver.on('ping', (payload: Buffer) => events.push(['ping', payload.toString('hex')]))
  receiver.on('pong', (payload: Buffer) => events.push(['pong', payload.toString('hex')]))
  receiver.on('conclude', (code: number, reason: Buffer) => events.push(['closed', code, reason.toString()]))
  receiver.on('error', () => undefined)
  for (const chunk of chunks) {
    const failure = await new Promise<Error | null | undefined>((resolve) => receiver.write(chunk, resolve))
    if (failure) {
      const code: unknown = Object.getOwnPropertySymbols(failure).map((symbol) => Reflect.get(failure, symbol))[0]
      events.push(['broken', code])
      break
    }
    if (receiver.writableEnded) break
  }
  return events
}

suite('the frame reader', () => {
  test('reads whatever comes as ws does, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(streams, fc.array(fc.nat(), { maxLength: 12 }), async (bytes, cuts) => {
        assert.deepEqual(read(cutUp(bytes, cuts)), await readByWs(cutUp(bytes, [])))
      }),
      { numRuns: 2000 },
    )
  })

  test('does not care at which byte a stream is cut, nor where a chunk lies in memory', () => {
    const bytes = Buffer.concat([
      text('héllo', 0x01),
      frameOf({ first: 0x89, payload: Buffer.from('p') }),
      text(' wörld', 0x80),
      frameOf({ first: 0x82, payload: Buffer.alloc(200, 7) }),
      text('x'.repeat(70_000)),
      text('short', 0x81),
      close(1000, 'bye'),
    ])
    const expected = read([Buffer.from(bytes)])
    assert.equal(expected.length, 6)
    assert.deepEqual(read([...Buffer.from(bytes)].map((byte) => Buffer.from([byte]))), expected)
    for (let cut = 0; cut < 400; cut++) assert.deepEqual(read(cutUp(bytes, [cut])), expected)
    for (let shift = 0; shift < 8; shift++) {
      const placed = Buffer.alloc(bytes.length + shift)
        .fill(bytes, shift)
        .subarray(shift)
      assert.deepEqual(read([placed]), expected)
    }
  })

  test('keeps about what has come, whatever is announced', () => {
    const before = process.memoryUsage().arrayBuffers
    const begun = frameOf({ first: 0x82, payload: Buffer.alloc(10), announced: 99_999 }).subarray(0, 20)
    const readers = Array.from({ length: 2000 }, () => {
      const reader = new FrameReader(silent, maxBytes)
      for (const byte of begun) reader.push(Buffer.from([byte]))
      return reader
    })
    // 2,000 readers that believed it would take 200 MB.
    assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000)
    assert.equal(readers.length, 2000)
  })

  test('keeps nothing of empty fragments, however many come', () => {
    const events: unknown[] = []
    const reader = new FrameReader({ ...silent, message: (data) => events.push(data.length) }, maxBytes)
    reader.push(text('', 0x01))
    const many = Buffer.concat(Array<Buffer>(1000).fill(text('', 0x00)))
    for (let round = 0; round < 100; round++) reader.push(Buffer.from(many))
    reader.push(text('end', 0x80))
    assert.deepEqual(events, [3])
  })

  test('hands out bytes that later chunks leave alone', () => {
    const messages: Uint8Array[] = []
    const reader = new FrameReader({ ...silent, message: (data) => messages.push(data) }, maxBytes)
    const bytes = Buffer.concat(Array.from({ length: 50 }, (_, index) => text(`message ${index}`)))
    for (const chunk of cutUp(bytes, [3, 50, 51, 52, 300, 301, 500])) reader.push(chunk)
    assert.deepEqual(
      messages.map((data) => Buffer.from(data).toString()),
      Array.from({ length: 50 }, (_, index) => `message ${index}`),
    )
  })

  test('reads nothing more once it was stopped, be it in the middle of a chunk', () => {
    const messages: string[] = []
    const reader: FrameReader = new FrameReader(
      {
        ...silent,
        message: (data) => {
          messages.push(Buffer.from(data).toString())
          reader.stop()
        },
      },
      maxBytes,
    )
    reader.push(Buffer.concat([text('one'), text('two')]))
    reader.push(text('three'))
    assert.deepEqual(messages, ['one'])
  })
})

const silent = {
  message: () => undefined,
  ping: () => undefined,
  pong: () => undefined,
  closed: () => undefined,
  broken: () => undefined,
}
