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

/** Refusals are the rule here, and a third of the time would go into stacks that nobody reads. */
function withoutStack<Value>(task: () => Value): Value {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return task()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
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
    const failure = await withoutStack(
      () => new Promise<Error | null | undefined>((resolve) => receiver.write(chunk, resolve)),
    )
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

  test('reads every head, every close code and every close reason as ws does', async () => {
    const heads = Array.from({ length: 0x1_0000 }, (_, head) => {
      return Buffer.concat([Buffer.from([head >> 8, head & 0xff]), Buffer.alloc(144, 7)])
    })
    const codes = Array.from({ length: 5100 }, (_, code) => close(code, 'é'))
    const reasons = ['', '\ufeffa', Buffer.from([0xff]), Buffer.from([0xed, 0xa0, 0x80])].map((reason) =>
      close(1000, reason),
    )
    for (const [index, bytes] of [...heads, ...codes, ...reasons].entries()) {
      const expected = await readByWs([Buffer.from(bytes)])
      assert.deepEqual(read([placed(bytes, index)]), expected)
      // Inside a message that is in fragments.
      if (index % 8 !== 0) continue
      const begun = Buffer.concat([text('begun', 0x01), bytes])
      assert.deepEqual(read([placed(begun, index)]), await readByWs([Buffer.from(begun)]))
    }
  })

  test('reads frames in which any byte is any other as ws does', async () => {
    const bytes = Buffer.concat([
      text('hé', 0x01),
      frameOf({ first: 0x89, payload: Buffer.from('p') }),
      text('llo', 0x80),
      frameOf({ first: 0x82, payload: Buffer.alloc(130, 9) }),
      text('é'),
      close(1000, 'b'),
    ])
    for (const [at, kept] of bytes.entries()) {
      // What stands in the payloads of long frames makes no difference to how they are read.
      const step = at > 40 && at < bytes.length - 30 ? 51 : 3
      for (let byte = at % step; byte < 256; byte += step) {
        bytes[at] = byte
        assert.deepEqual(read([placed(bytes, byte + at)]), await readByWs([Buffer.from(bytes)]))
      }
      bytes[at] = kept
    }
  })

  test('takes masks off what belongs to it and leaves its neighbours alone', () => {
    for (let length = 0; length < 80; length++) {
      for (let offset = 0; offset < 8; offset++) {
        const payload = Buffer.from(Array.from({ length }, (_, index) => index + 1))
        const frame = frameOf({ first: 0x82, payload })
        const memory = Buffer.alloc(frame.length + 24, 0x5a)
        memory.set(frame, offset)
        const messages: Uint8Array[] = []
        const reader = new FrameReader({ ...silent, message: (data) => messages.push(data) }, maxBytes)
        reader.push(memory.subarray(offset, offset + frame.length))
        assert.deepEqual(
          messages.map((data) => Buffer.from(data)),
          [payload],
        )
        const around = [memory.subarray(0, offset), memory.subarray(offset + frame.length)]
        assert.ok(around.every((each) => each.every((byte) => byte === 0x5a)))
      }
    }
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

/** A copy in the midst of other bytes, at one of eight alignments. */
function placed(bytes: Uint8Array, place: number): Buffer {
  const memory = Buffer.alloc(bytes.length + 16, 0x81)
  memory.set(bytes, place & 7)
  return memory.subarray(place & 7, (place & 7) + bytes.length)
}

const silent = {
  message: () => undefined,
  ping: () => undefined,
  pong: () => undefined,
  closed: () => undefined,
  broken: () => undefined,
}
