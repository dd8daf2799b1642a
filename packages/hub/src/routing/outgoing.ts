import { type Body, type Envelope, envelopeBytes, PosthouseError } from '@posthouse/core'
import { type DeliverFrame, type Dialect, jsonHubCodec, type Wire } from '@posthouse/protocol'
import { bodyJson, convertBody } from '@posthouse/protocol/bodies'
import { crossCommDelivery } from '@posthouse/protocol/cross-comm'
import { msgpackHubCodec } from '@posthouse/protocol/msgpack'

/** One frame as it goes to a socket, with its size on the wire. */
export interface Encoded {
  readonly wire: Wire
  readonly bytes: number
  /** The frame right before this one tells nothing more where it bears the same mark. */
  readonly supersedes?: string
}

/** Bytes that the fields of a frame besides body, headers and sec can take at most: addresses and ids, all escaped. */
const mostOfTheRest = 32_768
/** Bytes by which `seq` makes a frame longer. */
const positionBytes = 32

/** One envelope on its way to receivers: encoded once for each dialect, however many receivers there are. */
export class Outgoing {
  readonly envelope: Envelope
  readonly seq: number | undefined
  /** What it counts for in a receiver's window. */
  readonly size: number
  readonly #bodies = new Map<'json' | 'msgpack', Body>()
  readonly #encoded = new Map<Dialect, Encoded>()

  constructor(envelope: Envelope, seq?: number) {
    this.envelope = envelope
    this.seq = seq
    this.size = envelopeBytes(envelope)
  }

  /** The same envelope at its position, keeping the conversions that were made. */
  at(seq: number): Outgoing {
    const placed = new Outgoing(this.envelope, seq)
    for (const [format, body] of this.#bodies) placed.#bodies.set(format, body)
    const crossComm = this.#encoded.get('cross_comm')
    if (crossComm !== undefined) placed.#encoded.set('cross_comm', crossComm)
    return placed
  }

  /**
   * Proves that the envelope can be said in a dialect, in a frame of at most `frameBytes`.
   * @throws PosthouseError `unrepresentable`, `invalid_body`, `body_too_large`
   */
  assertSayable(dialect: Dialect, frameBytes: number): void {
    const { headers, sec } = this.envelope
    const open = headers !== undefined || sec !== undefined
    if (dialect === 'cross_comm' || open || this.#body(dialect).bytes.byteLength > frameBytes - mostOfTheRest) {
      this.encoded(dialect, frameBytes - positionBytes)
    }
  }

  /**
   * The frame for receivers of a dialect. A v1 client may close its connection over a frame of more than `frameBytes`,
   * and would be sent it again and again; cross_comm peers have a limit of their own.
   * @throws PosthouseError `unrepresentable`, `invalid_body`, `body_too_large`
   */
  encoded(dialect: Dialect, frameBytes: number): Encoded {
    let encoded = this.#encoded.get(dialect)
    if (encoded === undefined) {
      encoded = measured(this.#encode(dialect))
      this.#encoded.set(dialect, encoded)
    }
    if (dialect === 'cross_comm' || encoded.bytes <= frameBytes) return encoded
    const message = `the message takes ${encoded.bytes} bytes for its recipient, who reads at most ${frameBytes}`
    throw new PosthouseError('body_too_large', message)
  }

  #encode(dialect: Dialect): Wire {
    if (dialect === 'cross_comm') return crossCommDelivery(this.envelope, bodyJson)
    const codec = dialect === 'json' ? jsonHubCodec : msgpackHubCodec
    return codec.encode(this.#frame(dialect))
  }

  #frame(dialect: 'json' | 'msgpack'): DeliverFrame {
    const { id, from, to, type, ts, headers, replyTo, sec } = this.envelope
    return {
      op: 'deliver',
      ...(this.seq !== undefined && { seq: this.seq }),
      id,
      from,
      to,
      type,
      ts,
      ...(headers && { headers }),
      ...(replyTo !== undefined && { replyTo }),
      ...(sec !== undefined && { sec }),
      body: this.#body(dialect),
    }
  }

  #body(format: 'json' | 'msgpack'): Body {
    let body = this.#bodies.get(format)
    if (body === undefined) {
      body = convertBody(this.envelope, format)
      this.#bodies.set(format, body)
    }
    return body
  }
}

/** A wire message with its size in bytes. */
export function measured(wire: Wire): Encoded {
  return { wire, bytes: typeof wire === 'string' ? Buffer.byteLength(wire) : wire.byteLength }
}
