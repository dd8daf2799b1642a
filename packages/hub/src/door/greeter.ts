import { assertClientId, PosthouseError, type Timer, toPosthouseError } from '@posthouse/core'
import { type BadFrame, type ClientFrame, expectHello, type HelloFrame, jsonHubCodec } from '@posthouse/protocol'
import { sniffDialect } from '@posthouse/protocol/cross-comm'
import type { Pass } from '../access/gate.ts'
import type { HubParts } from '../hub-parts.ts'
import { CrossCommPeer } from '../peers/cross-comm-peer.ts'
import type { Peer } from '../peers/peer.ts'
import { V1Peer } from '../peers/v1-peer.ts'
import type { Connection, ConnectionEvents } from './connection.ts'
import { assertFits, assertKind, type HubCodec } from './hub-codec.ts'
import { WaitingRoom } from './waiting-room.ts'

/** Messages that may come before one says who a connection is. */
const mostUseless = 100

/** Where a connection comes from. */
interface Origin {
  readonly remoteAddress: string
  /** What the upgrade request carried. */
  readonly token?: string | undefined
}

/** What a greeter is told about a new connection. */
export interface GreeterOptions {
  readonly parts: HubParts
  readonly connection: Connection
  /** The codec of the agreed subprotocol; without one the first message decides. */
  readonly codec: HubCodec | undefined
  readonly origin: Origin
  /** False where cross_comm programs are not served. */
  readonly crossComm: boolean
  /** The connection has become this peer. */
  readonly onPeer: (peer: Peer) => void
}

/** A v1 client that has said hello. */
interface Visitor {
  readonly codec: HubCodec
  readonly hello: HelloFrame
  /** What came behind the hello in the same message. */
  readonly rest: readonly (ClientFrame | BadFrame)[]
}

/** Looks at the first message of a connection: it tells the dialect and who the client is. Spec: 1.3, 10.2. */
export class Greeter implements Peer {
  readonly #options: GreeterOptions
  readonly #timer: Timer
  /** Messages that did not help. */
  #useless = 0
  /** Who the client says it is. */
  #client: string | undefined
  /** Set once the client is asked who it is; aborted when nobody waits for the answer any more. */
  #question: AbortController | undefined

  constructor(options: GreeterOptions) {
    this.#options = options
    const { parts } = options
    this.#timer = parts.clock.after(parts.timing.helloMs, () => this.#late())
    this.#hear((data, binary) => this.#first(data, binary))
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

  /** From now on messages go there; what that throws ends the connection. */
  #hear(message: ConnectionEvents['message']): void {
    this.#options.connection.use({
      message: (data, binary) => {
        try {
          message(data, binary)
        } catch (error) {
          this.#fail(toPosthouseError(error))
        }
      },
      ping: () => undefined,
      pong: () => undefined,
      overflowed: (error) => this.#fail(error),
      close: () => this.#end(),
    })
  }

  #first(data: Uint8Array, binary: boolean): void {
    const { codec, parts, connection } = this.#options
    const dialect = codec?.dialect ?? sniffDialect(data)
    if (dialect === 'cross_comm') this.#greetCrossComm(data)
    else if (dialect !== undefined) this.#greetV1(codec ?? jsonHubCodec, data, binary)
    else {
      parts.logger.debug('an unusable first message is ignored', { remote: connection.remote })
      this.#wasted()
    }
  }

  #greetCrossComm(data: Uint8Array): void {
    const { parts, connection, crossComm, origin } = this.#options
    if (!crossComm) throw new PosthouseError('forbidden', 'this hub does not serve cross_comm programs')
    const peer = new CrossCommPeer(parts, connection, origin.remoteAddress)
    this.#become(peer)
    peer.message(data)
  }

  #greetV1(codec: HubCodec, data: Uint8Array, binary: boolean): void {
    assertKind(codec, binary)
    assertFits(data, this.#options.parts.limits)
    const [first, ...rest]: readonly (ClientFrame | BadFrame)[] = codec.decode(data)
    // An empty array says nothing, and is allowed.
    if (first === undefined) {
      this.#wasted()
      return
    }
    const visitor = { codec, hello: expectHello(first), rest }
    const client = assertClientId(visitor.hello.client)
    this.#client = client
    const { gate } = this.#options.parts
    if (gate.guarded) void this.#ask(visitor)
    else this.#admit(visitor, gate.pass(client))
  }

  /** To look at a message costs time, which a stranger gets little of. Spec: 1.3.1. */
  #wasted(): void {
    if (++this.#useless < mostUseless) return
    throw new PosthouseError('malformed_frame', `${mostUseless} messages came, and none says who this is`)
  }

  /** Finds out who the client is. What it sends meanwhile waits, and the time to say hello goes on running. */
  async #ask(visitor: Visitor): Promise<void> {
    const { parts } = this.#options
    const room = new WaitingRoom(parts.limits)
    this.#hear((data, binary) => room.add(data, binary))
    this.#question = new AbortController()
    const { signal } = this.#question
    const turn = parts.gate.nextTurn()
    try {
      const answer = await this.#passOf(visitor, signal)
      if (signal.aborted) return
      const pass = parts.gate.renewed(answer)
      this.#assertNewest(pass.client, turn)
      const peer = this.#admit(visitor, pass)
      parts.registry.known(pass.client).turn = turn
      for (const [data, binary] of room.leave()) peer.message(data, binary)
    } catch (error) {
      if (!signal.aborted) this.#fail(toPosthouseError(error))
    }
  }

  #passOf({ codec, hello }: Visitor, signal: AbortSignal): Promise<Pass> {
    const { parts, origin } = this.#options
    const { client, agent, token = origin.token } = hello
    return parts.gate.admit({
      client,
      ...(token !== undefined && { token }),
      dialect: codec.dialect,
      remoteAddress: origin.remoteAddress,
      ...(agent !== undefined && { agent }),
      signal,
    })
  }

  /** Of two connections the one that said hello later is the newer one, however long each has been judged. Spec: 10.2.3. */
  #assertNewest(client: string, turn: number): void {
    const known = this.#options.parts.registry.get(client)
    if (known?.link !== undefined && known.turn > turn) {
      throw new PosthouseError('replaced', `${client} has connected again`)
    }
  }

  #admit({ codec, hello, rest }: Visitor, pass: Pass): V1Peer {
    const peer = new V1Peer(this.#options.parts, this.#options.connection, codec, { hello, pass })
    this.#become(peer)
    peer.receive(rest)
    return peer
  }

  #become(peer: Peer): void {
    this.#timer[Symbol.dispose]()
    this.#options.onPeer(peer)
  }

  #late(): void {
    const { helloMs } = this.#options.parts.timing
    if (this.#question === undefined) {
      this.#fail(new PosthouseError('hello_timeout', `no hello or login came within ${helloMs} ms`))
      return
    }
    this.#options.parts.logger.error('the authenticator takes too long', { ms: helloMs })
    this.#fail(new PosthouseError('authentication_unavailable', 'who this is could not be found out in time'))
  }

  #fail(error: PosthouseError): void {
    const { parts, connection } = this.#options
    const { code, message: reason } = error
    parts.logger.info('a connection is refused', { remote: connection.remote, client: this.#client, code, reason })
    this.#end()
    connection.fail(error)
  }

  #end(): void {
    this.#timer[Symbol.dispose]()
    this.#question?.abort()
  }
}
