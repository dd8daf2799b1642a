import type { Wire } from '@posthouse/protocol'
import type { HubSocket, SocketListener } from '../../packages/hub/src/door/hub-socket.ts'
import { messagesOf } from '../../packages/hub/test/server-frames.ts'

/** What lies on a cable: a WebSocket message, or one end's close with its code. */
export type Parcel = { readonly wire: Wire } | { readonly close: number }

/** Up is towards the hub. */
export type Way = 'up' | 'down'

/** The client's end of a cable. */
export interface ClientEnd {
  received(wire: Wire): void
  ended(code: number): void
}

/** What the hub's end tells of itself. */
export interface HubEndEvents {
  wrote(wire: Wire): void
  /** The hub has closed it, or noticed that it is gone. */
  lost(): void
}

/** One connection. Both ways keep their order; nothing moves until it is carried, and what is cut loses what is on it. */
export class Cable {
  readonly id: number
  readonly client: string
  readonly up: Parcel[] = []
  readonly down: Parcel[] = []
  readonly socket: CableSocket
  /** Absent once the client has turned away. */
  clientEnd: ClientEnd | undefined
  severed = false

  constructor(id: number, client: string, clientEnd: ClientEnd, events: HubEndEvents) {
    this.id = id
    this.client = client
    this.clientEnd = clientEnd
    this.socket = new CableSocket(this, events)
  }

  /** True where neither end will ever hear of it again. */
  get spent(): boolean {
    return this.clientEnd === undefined && this.socket.ended
  }

  put(way: Way, parcel: Parcel): void {
    if (!this.severed) this[way].push(parcel)
  }

  /** Moves the oldest parcel, or with `skip` a later one, to its end. */
  carry(way: Way, skip = 0): void {
    const [parcel] = this[way].splice(Math.min(skip, this[way].length - 1), 1)
    if (parcel === undefined) return
    if (way === 'up') this.#arriveUp(parcel)
    else this.#arriveDown(parcel)
    if (way === 'down' && this.down.length === 0) this.socket.drained()
  }

  /** Whatever is on its way is lost, and neither end has noticed yet. */
  sever(): void {
    this.severed = true
    this.up.length = 0
    this.down.length = 0
  }

  /** The client turns away without waiting for an answer; what it has sent may still arrive. */
  abandon(code: number): void {
    this.clientEnd = undefined
    this.put('up', { close: code })
  }

  #arriveUp(parcel: Parcel): void {
    if ('close' in parcel) this.socket.gone(parcel.close)
    else this.socket.received(parcel.wire)
  }

  #arriveDown(parcel: Parcel): void {
    if ('wire' in parcel) {
      this.clientEnd?.received(parcel.wire)
      return
    }
    const end = this.clientEnd
    this.clientEnd = undefined
    this.put('up', parcel)
    end?.ended(parcel.close)
  }
}

/** The hub's end of a cable, in the place of a socket. */
export class CableSocket implements HubSocket {
  open = true
  ended = false
  readonly #cable: Cable
  readonly #events: HubEndEvents
  #listener: SocketListener | undefined
  /** What was written to a cable that is cut waits for ever. */
  #stuckBytes = 0

  constructor(cable: Cable, events: HubEndEvents) {
    this.#cable = cable
    this.#events = events
  }

  use(listener: SocketListener): void {
    this.#listener = listener
  }

  get congested(): boolean {
    return this.queuedBytes > 0
  }

  get queuedBytes(): number {
    if (this.#cable.severed) return this.#stuckBytes
    return this.#cable.down.reduce((sum, parcel) => sum + ('wire' in parcel ? parcel.wire.length : 0), 0)
  }

  write(frames: readonly Uint8Array[]): void {
    if (!this.open) return
    for (const { binary, payload } of messagesOf(Buffer.concat(frames))) {
      const wire = binary ? payload : payload.toString()
      this.#events.wrote(wire)
      if (this.#cable.severed) this.#stuckBytes += wire.length
      this.#cable.put('down', { wire })
    }
  }

  writePing(): void {
    // Control frames are the transport's own affair here.
  }

  trust(): void {
    // Every peer is known here.
  }

  pause(): void {
    // What is carried arrives: the world decides how slowly.
  }

  resume(): void {
    // See `pause`.
  }

  close(code: number): void {
    if (!this.open) return
    this.open = false
    this.#events.lost()
    this.#cable.put('down', { close: code })
  }

  terminate(): void {
    this.#cable.sever()
    queueMicrotask(() => this.gone(1006))
  }

  /** Takes a message that has come up. */
  received(wire: Wire): void {
    if (!this.ended) this.#listener?.onMessage(Buffer.from(wire), typeof wire !== 'string')
  }

  /** The client has read all that was written. */
  drained(): void {
    if (!this.ended) this.#listener?.onDrain()
  }

  /** The hub learns that the connection is no more. */
  gone(code: number): void {
    if (this.ended) return
    const listener = this.#listener
    if (this.open) this.#events.lost()
    this.silence()
    listener?.onClose(code, '')
  }

  /** The hub is gone itself, and learns nothing any more. */
  silence(): void {
    this.open = false
    this.ended = true
    this.#listener = undefined
  }
}
