import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { maxCrossCommBytes } from '@posthouse/protocol/cross-comm'
import { tokenOf } from '../access/upgrade-token.ts'
import type { ResolvedOptions } from '../hub-options.ts'
import type { HubParts } from '../hub-parts.ts'
import { Admission } from '../limits/admission.ts'
import type { Peer } from '../peers/peer.ts'
import { Peers } from '../peers/peers.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { Door, remoteOf } from './door.ts'
import { Greeter } from './greeter.ts'
import type { HubCodec } from './hub-codec.ts'
import type { HubSocket } from './hub-socket.ts'

/** Makes a peer of whoever comes through the door. */
export class Reception {
  readonly peers: Peers = new Peers()
  readonly #parts: HubParts
  readonly #crossComm: boolean
  readonly #connectionOptions: ConnectionOptions
  readonly #admission: Admission
  readonly #door: Door

  constructor(parts: HubParts, { sendQueue, crossComm, allowedOrigins }: ResolvedOptions) {
    const { allowances, clock, logger, tally, limits, gate } = parts
    this.#parts = parts
    this.#crossComm = crossComm
    this.#connectionOptions = { ...parts, sendQueue, onClose: (connection) => this.peers.delete(connection) }
    this.#admission = new Admission({ allowances, clock, connections: () => this.peers.size })
    this.#door = new Door({
      admission: this.#admission,
      logger,
      frameBytes: Math.max(limits.frameBytes, maxCrossCommBytes),
      guarded: gate.guarded,
      allowedOrigins,
      tally,
      onSocket: (socket, request, codec) => this.#receive(socket, request, codec),
    })
  }

  /** Takes the `upgrade` requests of an HTTP server. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#door.handleUpgrade(request, socket, head)
  }

  /** From now on everybody is turned away. Who is here stays. */
  close(): void {
    this.#door.close()
  }

  #receive(socket: HubSocket, request: IncomingMessage, codec: HubCodec | undefined): void {
    const { remoteAddress } = request.socket
    const parts = this.#parts
    const onSettled = this.#admission.enter(remoteAddress)
    parts.tally.connects++
    const connection = new Connection(socket, this.#connectionOptions, remoteOf(request), onSettled)
    const onPeer = (peer: Peer): void => this.peers.replace(connection, peer)
    const token = parts.gate.guarded ? tokenOf(request) : undefined
    const origin = { remoteAddress: remoteAddress ?? 'unknown', token }
    const greeter = new Greeter({ parts, connection, codec, origin, crossComm: this.#crossComm, onPeer })
    this.peers.add(connection, greeter)
  }
}
