import type { Socket } from 'socket.io'

/** One packet of the transport below, as it was read. */
interface Packet {
  readonly type: string
  readonly data?: string | Uint8Array | ArrayBuffer
}

/** What an event begins with, and one whose binary parts follow its text. */
const event = '2'
const binaryEvent = '5'

/** Knows how large the events are that were read and wait to be looked at: several are read in one turn, and looked at in the next. */
export class PacketSizes {
  readonly #sizes: number[] = []
  /** Of a text whose binary parts are still to come: how large it is so far, and how many they are. */
  #size = 0
  #missing = 0

  constructor(connection: Socket['conn']) {
    connection.on('packet', ({ type, data = '' }: Packet) => {
      if (type !== 'message') return
      if (typeof data !== 'string') this.#add(data.byteLength)
      else if (data.startsWith(event)) this.#sizes.push(data.length)
      else if (data.startsWith(binaryEvent)) this.#begin(data)
    })
  }

  /** How large the next event is, in UTF-16 units and bytes, its binary parts included. */
  take(): number {
    return this.#sizes.shift() ?? 0
  }

  #begin(text: string): void {
    this.#size = text.length
    this.#missing = Number.parseInt(text.slice(1, 12), 10)
    if (this.#missing === 0) this.#sizes.push(this.#size)
  }

  #add(bytes: number): void {
    if (this.#missing === 0) return
    this.#size += bytes
    if (--this.#missing === 0) this.#sizes.push(this.#size)
  }
}
