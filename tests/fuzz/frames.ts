import { isDeepStrictEqual } from 'node:util'
import { FrameReader } from '../../packages/hub/src/door/web-socket/frame-reader.ts'
import { close, frameOf, text } from '../../packages/hub/test/web-socket-bytes.ts'
import { placed } from '../../packages/protocol/test/placed.ts'

const maxBytes = 1_000_000

/** What clients write to a WebSocket. */
export function frames(): readonly Uint8Array[] {
  return [
    text('{"op":"ping"}'),
    text('héllo'.repeat(20)),
    frameOf({ first: 0x82, payload: Buffer.alloc(300, 0xfe) }),
    frameOf({ first: 0x82, payload: Buffer.alloc(3), size: 64 }),
    Buffer.concat([text('one'), frameOf({ first: 0x89, payload: Buffer.from('p') }), text('two')]),
    Buffer.concat([
      text('fra', 0x01),
      text('gm', 0x00),
      frameOf({ first: 0x8a, payload: Buffer.alloc(0) }),
      text('é', 0x80),
    ]),
    Buffer.concat([text('last'), close(1000, 'bye')]),
    close(),
  ]
}

/** What is read from bytes that come in one piece, or one by one: it must be the same. */
export function framesRead(input: Uint8Array): unknown {
  const bytes = Array.from(input, (byte) => Uint8Array.of(byte))
  // Reading takes the masks off in place.
  const whole = read([placed(input, input.length)])
  if (!isDeepStrictEqual(read(bytes), whole)) throw new Error('the places where bytes are cut make a difference')
  return whole
}

function read(chunks: readonly Uint8Array[]): unknown {
  const events: unknown[] = []
  const reader = new FrameReader(
    {
      message: (data, binary) => events.push([binary, Uint8Array.from(data)]),
      ping: (payload) => events.push(Uint8Array.from(payload)),
      pong: (payload) => events.push(Uint8Array.from(payload)),
      closed: (code, reason) => events.push([code, reason]),
      broken: (code) => events.push(code),
    },
    maxBytes,
  )
  for (const chunk of chunks) reader.push(chunk)
  return events
}
