import type { Wire } from '@posthouse/protocol'

/** One frame as it goes to a socket. */
export interface Encoded {
  /** All of it; where there is a `body`, what comes before that. */
  readonly wire: Wire
  /** JSON text of the last member as it came in, behind which only a brace is missing. */
  readonly body?: Uint8Array | undefined
  /** Size of all of it on the wire, in bytes. */
  readonly bytes: number
  /** The frame right before this one tells nothing more where it bears the same mark. */
  readonly supersedes?: string | undefined
}

/** A frame with its size in bytes. */
export function measured(wire: Wire, supersedes?: string): Encoded {
  const bytes = typeof wire === 'string' ? Buffer.byteLength(wire) : wire.byteLength
  return { wire, body: undefined, bytes, supersedes }
}

/** A JSON frame whose body is spliced in as it came: `head` is everything before it, and may be known to be ASCII. */
export function spliced(head: string, body: Uint8Array, ascii: boolean): Encoded {
  const headBytes = ascii ? head.length : Buffer.byteLength(head)
  return { wire: head, body, bytes: headBytes + body.byteLength + 1, supersedes: undefined }
}
