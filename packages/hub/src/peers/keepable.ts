import type { Body } from '@posthouse/core'

/** Bytes that take less than this part of the memory that they lie in are worth a copy. */
const worthwhile = 4

/**
 * The same body in a form that may be stored. Bodies lie in the chunk of the network that they came in, and as long as one of
 * them is kept, so is the chunk: for a short message in an inbox up to 64 KiB.
 */
export function keepable(body: Body): Body {
  const bytes = keepableBytes(body.bytes)
  return bytes === body.bytes ? body : { format: body.format, bytes }
}

/** The same for a decoded value, which must be ours alone: bytes anywhere in it are exchanged for copies. */
export function keepableValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return keepableBytes(value)
  if (typeof value !== 'object' || value === null) return value
  for (const [name, member] of Object.entries(value)) {
    const kept = keepableValue(member)
    if (kept !== member) Reflect.set(value, name, kept)
  }
  return value
}

function keepableBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength * worthwhile > bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes)
}
