import type { Body } from '@posthouse/core'

/** A body that takes less than this part of the memory that it lies in is worth a copy. */
const worthwhile = 4

/**
 * The same body in a form that may be stored. Bodies lie in the chunk of the network that they came in, and as long as one of
 * them is kept, so is the chunk: for a short message in an inbox up to 64 KiB.
 */
export function keepable(body: Body): Body {
  const { format, bytes } = body
  if (bytes.byteLength * worthwhile > bytes.buffer.byteLength) return body
  return { format, bytes: Uint8Array.from(bytes) }
}
