import { PosthouseError } from '@posthouse/core'
import type { OutgoingBody } from '../request/outgoing-body.ts'

/** What goes to the socket in one piece. Larger bodies go piece by piece, so that a server which stops reading is noticed. */
const pieceBytes = 64 * 1024

/** A body in the form that undici sends. */
export function sendable(body: OutgoingBody): Uint8Array | string | AsyncIterable<Uint8Array> {
  const content = body.open()
  if (typeof content === 'string') {
    return content.length * 3 <= pieceBytes ? content : sendable({ ...body, open: () => Buffer.from(content) })
  }
  if (content instanceof Uint8Array) return content.length <= pieceBytes ? content : pieces(content)
  return guarded(content)
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

/** A stream of the caller that fails is no failure of the network. */
async function* guarded(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* chunks
  } catch (cause) {
    const message = `the body of the request failed: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new PosthouseError('invalid_request', message, { cause })
  }
}
