import { PosthouseError } from '@posthouse/core'
import { type Grammar, isObject, misfit } from './frame-shape.ts'
import type { Frame, FrameBody } from './frames.ts'

/** What one WebSocket message holds: text for JSON, bytes for MessagePack. */
export type Wire = string | Uint8Array

/** A frame that could be read but not understood. The connection lives on; the sender is told. */
export interface BadFrame {
  readonly op: 'bad'
  readonly error: PosthouseError
  /** The op as sent, when there was one. */
  readonly about: string
  readonly id?: string
  /** Given where a `send` was refused that waits for its `sent`. */
  readonly n?: number
}

/** A frame whose op a client knows only once the code of the part is loaded that it concerns; its fields were not looked at. */
export interface OtherFrame {
  readonly op: 'other'
  readonly raw: Record<string, unknown>
}

/** Translates between WebSocket messages and frames. Pure. `In` is what this end receives. */
export interface Codec<In extends Frame | OtherFrame, Out extends Frame> {
  readonly dialect: 'json' | 'msgpack'
  readonly subprotocol: string
  /**
   * Reads one WebSocket message: one frame or an array of frames.
   * @throws PosthouseError `malformed_frame`, `too_deep`, `frame_too_large`
   */
  decode(message: Wire): readonly (In | BadFrame)[]
  /**
   * Writes one frame. A body must be a value or already in this codec's form.
   * @throws PosthouseError `unrepresentable`
   */
  encode(frame: Out): Wire
  /** Puts frames that were encoded before into one WebSocket message. */
  join(frames: readonly Wire[]): Wire
}

/** Subprotocol of v1 JSON. */
export const jsonSubprotocol = 'posthouse.v1.json'
/** Subprotocol of v1 MessagePack. */
export const msgpackSubprotocol = 'posthouse.v1.msgpack'
/** Deepest nesting of one frame: the frame itself is level 1, an array around it does not count. Spec: 6.2. */
export const maxDepth = 64
/** Most frames in one array. Spec: 2.3. */
export const maxFramesPerArray = 256

/** The same bytes without the ways of a Node Buffer, whose `toJSON` and `slice` do not do what a Uint8Array's do. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The bytes behind an `ArrayBuffer` or a view of one. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined
}

/**
 * Refuses an array with more frames than allowed. To be asked before much is made of each of them.
 * @throws PosthouseError `frame_too_large`
 */
export function assertFewFrames(count: number): void {
  if (count <= maxFramesPerArray) return
  const message = `${count} frames in one array; at most ${maxFramesPerArray} are allowed`
  throw new PosthouseError('frame_too_large', message)
}

/**
 * The frames of a decoded WebSocket message, each checked against its shape. `bodyAt` supplies the body of frame
 * `index`.
 */
export function readFrames<In extends Frame>(
  decoded: unknown,
  grammar: Grammar,
  bodyAt: (index: number, value: unknown) => FrameBody | undefined,
): readonly (In | BadFrame)[] {
  const list = Array.isArray(decoded) ? decoded : [decoded]
  assertFewFrames(list.length)
  return list.map((raw: unknown, index) => readFrame<In>(raw, grammar, (value) => bodyAt(index, value)))
}

/**
 * One frame, checked against its shape; `bodyOf` makes its body.
 * @throws PosthouseError `malformed_frame`
 */
function readFrame<In extends Frame>(
  raw: unknown,
  { shapes, contradiction }: Grammar,
  bodyOf: (value: unknown) => FrameBody | undefined,
): In | BadFrame {
  if (!isObject(raw)) throw new PosthouseError('malformed_frame', 'a frame must be an object')
  const op = raw.op
  if (typeof op !== 'string') return bad(raw, new PosthouseError('invalid_field', 'a frame must have an op'))
  const shape = Object.hasOwn(shapes, op) ? shapes[op] : undefined
  if (shape === undefined) {
    return bad(raw, new PosthouseError('unknown_op', `op ${JSON.stringify(op.slice(0, 64))} is not known`))
  }
  const problem = misfit(raw, shape) ?? contradiction(op, raw)
  if (problem !== undefined) return bad(raw, new PosthouseError('invalid_field', `${op}: ${problem}`))
  if ('body' in shape || '?body' in shape) {
    const body = raw.body === undefined ? undefined : bodyOf(raw.body)
    if (body !== undefined) raw.body = body
  }
  // The shape of this op, which the frame types mirror, was checked just above.
  return raw as unknown as In
}

function bad(raw: Record<string, unknown>, error: PosthouseError): BadFrame {
  const { op, id, n, qos } = raw
  return {
    op: 'bad',
    error,
    about: typeof op === 'string' ? op.slice(0, 64) : '',
    ...(typeof id === 'string' && { id: id.slice(0, 256) }),
    ...(op === 'send' && qos !== 0 && Number.isSafeInteger(n) && Number(n) > 0 && { n: Number(n) }),
  }
}
