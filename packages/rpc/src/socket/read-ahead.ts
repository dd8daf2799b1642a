import type { Socket } from 'socket.io'

/** An `api` event that has only one value, and that is JSON: nearly all are. */
interface PlainEvent {
  readonly value: unknown
  /** The number that its acknowledgement has; -1 where none is wanted. */
  readonly ack: number
  /** In UTF-16 units. */
  readonly size: number
}

/** What is told of what a connection brings. */
export interface Reader {
  /** An event, in the turn in which the library would tell of it. */
  plain(event: PlainEvent): void
  /** Everything else, before the library gets it. */
  other(packet: string | Uint8Array | ArrayBuffer): void
}

type Packet = string | Uint8Array | ArrayBuffer
type Listener = (packet: Packet) => void

/**
 * Reads `api` events ahead of the library, which takes longer to hand one on than it takes to answer it; until disposed of. The
 * library gets everything else, and all that it knows better: other events, binary ones, and what is no JSON.
 */
export function readAhead(connection: Socket['conn'], reader: Reader): Disposable {
  const listeners = connection.listeners('data') as Listener[]
  const read = (packet: Packet): void => {
    const event = typeof packet === 'string' ? plainEvent(packet) : undefined
    // The library looks at each packet in a turn of its own, and in their order.
    if (event !== undefined) process.nextTick(tell, reader, event)
    else {
      reader.other(packet)
      for (const listener of listeners) listener.call(connection, packet)
    }
  }
  for (const listener of listeners) connection.off('data', listener)
  connection.on('data', read)
  return {
    [Symbol.dispose]: () => {
      connection.off('data', read)
      for (const listener of listeners) connection.on('data', listener)
    },
  }
}

function tell(reader: Reader, event: PlainEvent): void {
  reader.plain(event)
}

/** What follows the number of an acknowledgement, where there is one (protocol 5 of Socket.IO). */
const begin = '["api",'
const [eventType, zero, nine] = [0x32, 0x30, 0x39]
/** Numbers with more digits are not exact. */
const mostDigits = 15

/** Nothing for what the library has to read. */
function plainEvent(text: string): PlainEvent | undefined {
  if (text.charCodeAt(0) !== eventType) return undefined
  let at = 1
  let ack = 0
  for (let unit = text.charCodeAt(at); unit >= zero && unit <= nine; unit = text.charCodeAt(++at)) {
    ack = ack * 10 + unit - zero
  }
  if (at > mostDigits || !text.startsWith(begin, at) || !text.endsWith(']')) return undefined
  try {
    const value: unknown = JSON.parse(text.slice(at + begin.length, -1))
    return { value, ack: at === 1 ? -1 : ack, size: text.length }
  } catch {
    return undefined
  }
}
