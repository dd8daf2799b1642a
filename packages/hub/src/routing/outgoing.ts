import { type Body, type Envelope, envelopeBytes, PosthouseError } from '@posthouse/core'
import { type DeliverFrame, type Dialect, jsonHubCodec, type ReceiptFrame } from '@posthouse/protocol'
import { bodyJson, convertBody } from '@posthouse/protocol/bodies'
import { crossCommDelivery } from '@posthouse/protocol/cross-comm'
import { msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { isReceipt, receiptFrame } from '../delivery/receipt-envelope.ts'
import { deliverFrame } from './deliver-frame.ts'
import { type Encoded, measured } from './encoded.ts'
import { jsonDelivery } from './json-delivery.ts'

/** Bytes that the fields of a frame besides body, headers and sec can take at most: addresses and ids, all escaped. */
const mostOfTheRest = 32_768
/** Bytes by which `seq` makes a frame longer. */
const positionBytes = 32

/** One envelope on its way to receivers: encoded once for each dialect, however many receivers there are. */
export class Outgoing {
  readonly envelope: Envelope
  #seq: number | undefined
  /** Nothing for the inbox. */
  readonly stream: string | undefined
  /** How often it has been tried, this time included. */
  readonly attempt: number
  /** The same for other streams, by their names. */
  #others: Map<string, Outgoing> | undefined
  /** What it counts for in a receiver's window. */
  readonly size: number
  /** The body in the v1 dialect that it did not come in. */
  #converted: Body | undefined
  #json: Encoded | undefined
  #msgpack: Encoded | undefined
  #crossComm: Encoded | undefined

  constructor(envelope: Envelope, seq?: number, stream?: string, attempt = 1) {
    this.envelope = envelope
    this.#seq = seq
    this.stream = stream
    this.attempt = attempt
    this.size = envelopeBytes(envelope)
  }

  get seq(): number | undefined {
    return this.#seq
  }

  /** The same envelope at its position, keeping the conversions that were made; this one itself where nobody has seen it. */
  at(seq: number): Outgoing {
    if (this.#seen) return this.#placed(seq)
    this.#seq = seq
    return this
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
   * The frame for receivers of a dialect, of their inbox where no stream is named. A v1 client may close its connection over a frame of more than `frameBytes`,
   * and would be sent it again and again; cross_comm peers have a limit of their own.
   * @throws PosthouseError `unrepresentable`, `invalid_body`, `body_too_large`
   */
  encoded(dialect: Dialect, frameBytes: number, stream?: string): Encoded {
    if (stream !== this.stream && stream !== undefined) return this.#of(stream).encoded(dialect, frameBytes, stream)
    if (dialect === 'cross_comm') {
      this.#crossComm ??= measured(crossCommDelivery(this.envelope, bodyJson))
      return this.#crossComm
    }
    const encoded = dialect === 'json' ? this.#jsonFrame() : this.#msgpackFrame()
    if (encoded.bytes <= frameBytes) return encoded
    const message = `the message takes ${encoded.bytes} bytes for its recipient, who reads at most ${frameBytes}`
    throw new PosthouseError('body_too_large', message)
  }

  /** True where the position would come too late. */
  get #seen(): boolean {
    if (this.#seq !== undefined || this.#json !== undefined) return true
    return this.#msgpack !== undefined || this.#others !== undefined
  }

  #of(stream: string): Outgoing {
    let other = this.#others?.get(stream)
    if (other === undefined) {
      other = this.#placed(this.seq, stream)
      this.#others ??= new Map()
      this.#others.set(stream, other)
    }
    return other
  }

  #placed(seq: number | undefined, stream?: string): Outgoing {
    const placed = new Outgoing(this.envelope, seq, stream, this.attempt)
    placed.#converted = this.#converted
    placed.#crossComm = this.#crossComm
    return placed
  }

  #jsonFrame(): Encoded {
    this.#json ??= jsonDelivery(this, this.#body('json')) ?? measured(jsonHubCodec.encode(this.#frame('json')))
    return this.#json
  }

  #msgpackFrame(): Encoded {
    this.#msgpack ??= measured(msgpackHubCodec.encode(this.#frame('msgpack')))
    return this.#msgpack
  }

  #frame(dialect: 'json' | 'msgpack'): DeliverFrame | ReceiptFrame {
    if (isReceipt(this.envelope)) return receiptFrame(this.envelope, this.seq)
    const { receipts } = this.envelope
    const place = {
      ...(this.stream !== undefined && { stream: this.stream }),
      ...(this.seq !== undefined && { seq: this.seq }),
      ...(this.attempt > 1 && { attempt: this.attempt }),
      ...(receipts && { receipts }),
    }
    return deliverFrame(this.envelope, place, this.#body(dialect))
  }

  #body(format: 'json' | 'msgpack'): Body {
    if (this.envelope.body.format === format) return this.envelope.body
    if (this.#converted?.format !== format) this.#converted = convertBody(this.envelope, format)
    return this.#converted
  }
}
