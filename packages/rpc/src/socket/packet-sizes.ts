/** What an event begins with, and one whose binary parts follow its text. */
const event = '2'
const binaryEvent = '5'

/** Knows how large the events are that were read and wait to be looked at: several are read in one turn, and looked at in the next. */
export class PacketSizes {
  readonly #sizes: number[] = []
  /** Of a text whose binary parts are still to come: how large it is so far, and how many they are. */
  #size = 0
  #missing = 0

  /** Takes down a packet that was read. */
  add(packet: string | Uint8Array | ArrayBuffer): void {
    if (typeof packet !== 'string') this.#add(packet.byteLength)
    else if (packet.startsWith(event)) this.#sizes.push(packet.length)
    else if (packet.startsWith(binaryEvent)) this.#begin(packet)
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
