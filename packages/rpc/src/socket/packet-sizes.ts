import type { Socket } from 'socket.io'

/** One packet of the transport below, as it was read. */
interface Packet {
  readonly type: string
  readonly data?: string | Uint8Array | ArrayBuffer
}

/** Knows how large the packet is that is being read. */
export class PacketSizes {
  /** Of the packet that was read last, in UTF-16 units or bytes, its binary parts included. */
  last = 0

  constructor(connection: Socket['conn']) {
    connection.on('packet', ({ type, data = '' }: Packet) => {
      if (type !== 'message') return
      // The binary parts of an event follow its text.
      this.last = typeof data === 'string' ? data.length : this.last + data.byteLength
    })
  }
}
