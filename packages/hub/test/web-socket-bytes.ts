import fc from 'fast-check'

/** A client's frame in parts, so that a test can spoil any of them. */
export interface FrameParts {
  readonly first: number
  readonly payload: Uint8Array
  /** Default: masked. */
  readonly masked?: boolean
  /** How the length is spelled; by default as short as can be. */
  readonly size?: 7 | 16 | 64
  /** The length that is announced, where it is another one. */
  readonly announced?: number
}

/** The bytes of a frame. */
export function frameOf({ first, payload, masked = true, size, announced = payload.length }: FrameParts): Buffer {
  const bits = size ?? (announced < 126 ? 7 : announced < 0x1_0000 ? 16 : 64)
  const head = Buffer.alloc(bits === 7 ? 2 : bits === 16 ? 4 : 10)
  head[0] = first
  head[1] = (masked ? 0x80 : 0) | (bits === 7 ? announced : bits === 16 ? 126 : 127)
  if (bits === 16) head.writeUInt16BE(announced, 2)
  if (bits === 64) head.writeBigUInt64BE(BigInt(announced), 2)
  if (!masked) return Buffer.concat([head, payload])
  const mask = Buffer.from([0x9a, 0x01, 0x7f, 0xe3])
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0))])
}

/** A final text frame, or part of a message where `first` says so. */
export function text(payload: string | Uint8Array, first: number = 0x81): Buffer {
  return frameOf({ first, payload: Buffer.from(payload) })
}

/** A close frame. */
export function close(code?: number, reason: string | Uint8Array = ''): Buffer {
  const head = Buffer.alloc(code === undefined ? 0 : 2)
  if (code !== undefined) head.writeUInt16BE(code)
  return frameOf({ first: 0x88, payload: Buffer.concat([head, Buffer.from(reason)]) })
}

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 80 }).map((string) => Buffer.from(string)),
  fc.string({ unit: 'binary-ascii', minLength: 40, maxLength: 200 }).map((string) => Buffer.from(string)),
)
const payloads = fc.oneof(
  { weight: 4, arbitrary: texts },
  fc.uint8Array({ maxLength: 130 }).map((bytes) => Buffer.from(bytes)),
  fc.nat({ max: 70_000 }).map((length) => Buffer.alloc(length, 0x78)),
)
const closes = fc
  .tuple(
    fc.oneof(fc.constantFrom(1000, 1005, 1006, 1014, 1015, 3000, 4999, 5000), fc.nat(65_535)),
    fc.string({ maxLength: 40 }),
  )
  .map(([code, reason]) => close(code, reason))
const controls = fc
  .tuple(fc.constantFrom(0x89, 0x8a), fc.uint8Array({ maxLength: 125 }))
  .map(([first, payload]) => frameOf({ first, payload }))

/** A message in one frame or several, with control frames in between. */
const messages = fc
  .tuple(fc.constantFrom(1, 2), payloads, fc.array(fc.nat(), { maxLength: 4 }), fc.array(controls, { maxLength: 2 }))
  .map(([opcode, payload, cuts, between]) => {
    const places = [0, ...cuts.map((cut) => cut % (payload.length + 1)).sort((a, b) => a - b), payload.length]
    const frames: Buffer[] = []
    for (let index = 1; index < places.length; index++) {
      const last = index === places.length - 1
      const first = (index === 1 ? opcode : 0) | (last ? 0x80 : 0)
      frames.push(frameOf({ first, payload: payload.subarray(places[index - 1], places[index]) }))
      if (!last) frames.push(...between)
    }
    return Buffer.concat(frames)
  })
const spoiled = fc
  .record({
    first: fc.nat(255),
    payload: payloads,
    masked: fc.boolean(),
    size: fc.constantFrom(undefined, 16 as const, 64 as const),
  })
  .map(({ size, ...parts }) =>
    frameOf(size === undefined || (size === 16 && parts.payload.length > 65_535) ? parts : { ...parts, size }),
  )
const oversized = fc
  .constantFrom(100_001, 0xffff_ffff, 2 ** 53, 2 ** 62)
  .map((announced) => frameOf({ first: 0x82, payload: Buffer.alloc(3), announced }))

/** What a client may write: mostly what it should, sometimes not, sometimes with a few bytes changed, sometimes cut off. */
export const streams: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 12, arbitrary: messages },
        { weight: 4, arbitrary: controls },
        { weight: 1, arbitrary: closes },
        { weight: 1, arbitrary: spoiled },
        { weight: 1, arbitrary: oversized },
      ),
      { maxLength: 8 },
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 }),
    fc.option(fc.nat(), { freq: 3 }),
  )
  .map(([frames, changes, cut]) => {
    const bytes = Buffer.concat(frames)
    for (const [at, byte] of changes) if (at % 3 === 0 && bytes.length > 0) bytes[at % bytes.length] = byte
    return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1))
  })

/** Cuts bytes into chunks, each with memory of its own, as they come from a network. */
export function cutUp(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((end, index) => Buffer.from(bytes.subarray(places[index - 1] ?? 0, end)))
}
