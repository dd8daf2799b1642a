import type { Socket } from 'socket.io'

/** One packet of the transport below, as it was read or is to be written. */
interface Packet {
  readonly type: string
  readonly data?: string | Uint8Array | ArrayBuffer
}

/** What a connection may do before it is ended. */
export interface ConnectionLimits {
  /** The largest event, its binary parts included, in UTF-16 units and bytes. */
  readonly eventBytes: number
  /** What may wait for a peer that does not read, in the same. */
  readonly waitingBytes: number
}

/** What a packet begins with that asks to be let in. */
const connect = '0'
/** So often a connection may ask for that; whoever is refused may try again. */
const mostConnects = 10

/**
 * Ends a connection that takes more than its part, in the turn in which it does: a request can hold millions of packets that ask
 * to be let in, the binary parts of an event have no end of their own, and answers wait for those who do not read.
 */
export function watchConnection(connection: Socket['conn'], { eventBytes, waitingBytes }: ConnectionLimits): void {
  let event = 0
  let connects = 0
  let waiting = 0
  /** What the transport was given last; it gets no more until that has gone. */
  let leaving = 0
  connection.on('packet', ({ type, data = '' }: Packet) => {
    if (type !== 'message') return
    event = typeof data === 'string' ? data.length : event + data.byteLength
    if (typeof data === 'string' && data.startsWith(connect)) connects++
    if (event > eventBytes || connects > mostConnects) end(connection)
  })
  connection.on('packetCreate', ({ data = '' }: Packet) => {
    waiting += typeof data === 'string' ? data.length : data.byteLength
    if (waiting + leaving > waitingBytes) end(connection)
  })
  connection.on('flush', () => {
    leaving = waiting
    waiting = 0
  })
}

/** Nothing more of it is read from now on, whatever its peer makes of that, and what waits for it is not waited for. */
function end(connection: Socket['conn']): void {
  connection.close(true)
  // A WebSocket would be read until its peer has answered that.
  connection.close()
}
