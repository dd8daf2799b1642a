import { BusyMap, clientAddress, PosthouseError } from '@posthouse/core'
import type { CallFrame, ErrorFrame, FrameBody, HelloFrame, Limits } from '@posthouse/protocol'
import { convertBody, encodeBody } from '@posthouse/protocol/bodies'
import type { Access } from '../access/access.ts'
import type { Connection } from '../door/connection.ts'
import type { HubCodec } from '../door/hub-codec.ts'
import { assertBodyFits } from '../limits/body-limit.ts'
import { measured } from '../routing/encoded.ts'
import type { CallEntry } from './call-entry.ts'
import type { CallPort } from './call-port.ts'

/** What a port needs of its connection. */
export interface V1CallPortOptions {
  readonly hello: HelloFrame
  readonly connection: Connection
  readonly codec: HubCodec
  readonly limits: Pick<Limits, 'frameBytes' | 'bodyBytes'>
}

/** The client whose calls they are. */
interface CallOwner {
  /** What it may do now. */
  readonly access: Access
  /** Nothing may be said to it before it is welcome. */
  readonly welcomed: boolean
}

/** So many frames of calls are written without waiting for the end of the tick. */
const batchFrames = 32

/** The calls of one v1 connection. */
export class V1CallPort implements CallPort {
  readonly address: string
  readonly answers: boolean
  // Made when the first call comes: most connections are idle, and there may be very many.
  #made: BusyMap<string, CallEntry> | undefined
  #asked: BusyMap<string, CallEntry> | undefined
  readonly #owner: CallOwner
  readonly #connection: Connection
  readonly #codec: HubCodec
  readonly #limits: V1CallPortOptions['limits']

  constructor(owner: CallOwner, { hello, connection, codec, limits }: V1CallPortOptions) {
    this.address = clientAddress(hello.client)
    this.answers = hello.caps.includes('calls')
    this.#owner = owner
    this.#connection = connection
    this.#codec = codec
    this.#limits = limits
  }

  get made(): BusyMap<string, CallEntry> {
    this.#made ??= new BusyMap()
    return this.#made
  }

  get asked(): BusyMap<string, CallEntry> {
    this.#asked ??= new BusyMap()
    return this.#asked
  }

  get access(): Access {
    return this.#owner.access
  }

  get open(): boolean {
    return this.#owner.welcomed && this.#connection.open
  }

  write(frame: CallFrame | ErrorFrame): void {
    if (!('body' in frame) || frame.body === undefined) {
      this.#connection.send(measured(this.#codec.encode(frame)))
      return
    }
    const body = this.#converted(frame.body)
    const encoded = measured(this.#codec.encode(body === frame.body ? frame : { ...frame, body }))
    const { frameBytes, bodyBytes } = this.#limits
    // Only a frame that is longer than a body may be can hold one that is too long.
    if (frame.body.format === 'value' && encoded.bytes > bodyBytes) {
      assertBodyFits(encodeBody(frame.body.value), this.#limits)
    }
    if (encoded.bytes > frameBytes) {
      const message = `the body takes ${encoded.bytes} bytes for its reader, who takes at most ${frameBytes}`
      throw new PosthouseError('body_too_large', message)
    }
    if (!this.#connection.hasRoom(encoded.bytes)) {
      throw new PosthouseError('slow_consumer', `too much waits to be read by ${this.address}`)
    }
    this.#connection.send(encoded)
    // The peer begins with these while the others are made; otherwise one end always waits for the other.
    this.#connection.flushFrom(batchFrames)
  }

  #converted(body: FrameBody): FrameBody {
    const { dialect } = this.#codec
    return body.format === 'value' || body.format === dialect ? body : convertBody({ type: 'x-call', body }, dialect)
  }
}
