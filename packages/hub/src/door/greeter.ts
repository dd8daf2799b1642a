import { PosthouseError, type Timer, toPosthouseError } from '@posthouse/core'
import { type BadFrame, type ClientFrame, expectHello, jsonHubCodec } from '@posthouse/protocol'
import { sniffDialect } from '@posthouse/protocol/cross-comm'
import type { HubParts } from '../hub-parts.ts'
import { CrossCommPeer } from '../peers/cross-comm-peer.ts'
import type { Peer } from '../peers/peer.ts'
import { V1Peer } from '../peers/v1-peer.ts'
import type { Connection } from './connection.ts'
import { assertFits, assertKind, type HubCodec } from './hub-codec.ts'

/** What a greeter is told about a new connection. */
export interface GreeterOptions {
  readonly parts: HubParts
  readonly connection: Connection
  /** The codec of the agreed subprotocol; without one the first message decides. */
  readonly codec: HubCodec | undefined
  /** False where cross_comm programs are not served. */
  readonly crossComm: boolean
  /** The connection has become this peer. */
  readonly onPeer: (peer: Peer) => void
}

/** Looks at the first message of a connection: it tells the dialect and who the client is. Spec: 1.3. */
export class Greeter implements Peer {
  readonly #options: GreeterOptions
  readonly #timer: Timer

  constructor(options: GreeterOptions) {
    this.#options = options
    const { parts, connection } = options
    this.#timer = parts.clock.after(parts.timing.helloMs, () => this.#late())
    connection.use({
      message: (data, binary) => this.#first(data, binary),
      ping: () => undefined,
      pong: () => undefined,
      overflowed: (error) => this.#fail(error),
      close: () => this.#timer[Symbol.dispose](),
    })
  }

  get queuedBytes(): number {
    return this.#options.connection.queuedBytes
  }

  /** The timer looks after this one. */
  check(): void {}

  leave(): void {
    this.#fail(new PosthouseError('draining', 'the hub is shutting down'))
  }

  terminate(): void {
    this.#options.connection.terminate()
  }

  #first(data: Uint8Array, binary: boolean): void {
    try {
      const { codec, parts, connection } = this.#options
      const dialect = codec?.dialect ?? sniffDialect(data)
      if (dialect === 'cross_comm') this.#greetCrossComm(data)
      else if (dialect !== undefined) this.#greetV1(codec ?? jsonHubCodec, data, binary)
      else parts.logger.debug('an unusable first message is ignored', { remote: connection.remote })
    } catch (error) {
      this.#fail(toPosthouseError(error))
    }
  }

  #greetCrossComm(data: Uint8Array): void {
    const { parts, connection, crossComm } = this.#options
    if (!crossComm) throw new PosthouseError('forbidden', 'this hub does not serve cross_comm programs')
    const peer = new CrossCommPeer(parts, connection)
    this.#become(peer)
    peer.message(data)
  }

  #greetV1(codec: HubCodec, data: Uint8Array, binary: boolean): void {
    assertKind(codec, binary)
    assertFits(data, this.#options.parts.limits)
    const [first, ...rest]: readonly (ClientFrame | BadFrame)[] = codec.decode(data)
    // An empty array says nothing, and is allowed.
    if (first === undefined) return
    const peer = new V1Peer(this.#options.parts, this.#options.connection, codec, expectHello(first))
    this.#become(peer)
    peer.receive(rest)
  }

  #become(peer: Peer): void {
    this.#timer[Symbol.dispose]()
    this.#options.onPeer(peer)
  }

  #late(): void {
    const { helloMs } = this.#options.parts.timing
    this.#fail(new PosthouseError('hello_timeout', `no hello or login came within ${helloMs} ms`))
  }

  #fail(error: PosthouseError): void {
    const { parts, connection } = this.#options
    parts.logger.info('a connection is refused', { remote: connection.remote, code: error.code, reason: error.message })
    connection.fail(error)
  }
}
