import type { Socket } from 'socket.io'
import { textFrames } from './text-frames.ts'

/**
 * What is said to a connection. Packets of one turn go out as one piece: to hand each to the system by itself costs more than all
 * else that is done for a small call. What the library says comes behind what was said here before.
 */
export class Outgoing implements Disposable {
  readonly #connection: Socket['conn']
  readonly #flush = (): void => this.flush()
  /** Each as a message of protocol 4 of Engine.IO, which begins with a 4. */
  #packets: string[] = []

  constructor(connection: Socket['conn']) {
    this.#connection = connection
    connection.on('packetCreate', this.#flush)
  }

  /** Does not look any more at what the library says. */
  [Symbol.dispose](): void {
    this.#connection.off('packetCreate', this.#flush)
  }

  /** Says an event, or an acknowledgement, whose only value is given as JSON (protocol 5 of Socket.IO). */
  say(what: string | number, json: string): void {
    const packet = typeof what === 'number' ? `43${what}[${json}]` : `42["${what}",${json}]`
    if (this.#packets.push(packet) === 1) process.nextTick(this.#flush)
  }

  /** Hands on what was said so far. */
  flush(): void {
    const packets = this.#packets
    if (packets.length === 0) return
    this.#packets = []
    if (this.#takesFrames) {
      const frames = textFrames(packets)
      // The library's type does not know what its own adapter uses to send one packet to many.
      const options: object = { wsPreEncodedFrame: [frames] }
      this.#connection.write(frames, options)
    } else for (const packet of packets) this.#connection.write(packet.slice(1))
  }

  /** Only a WebSocket takes them, and once a connection is one it stays one. */
  get #takesFrames(): boolean {
    const { transport } = this.#connection
    return transport.name === 'websocket' && '_canSendPreEncodedFrame' in transport
  }
}
