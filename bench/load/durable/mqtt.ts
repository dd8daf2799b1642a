import { bodyOf, LabelReader } from '../body.ts'
import { packet, text } from '../mqtt.ts'
import { NumberedScript } from './numbered-script.ts'
import type { Arrival, ConfirmationReader, DeliveryReader, DurableWire } from './wire.ts'

const publishType = 0x30
const confirmType = 0x40
const qos1 = 0x02
/** Names of packets are numbers from 1 to this one. */
const mostIds = 0xffff

/** MQTT 3.1.1 with qos 1 and a session that outlives its connection. */
export const mqtt: DurableWire = {
  webSocket: false,
  greet: (client) => [
    { say: connect(client), until: '\x20\x02\x00\x00' },
    ...(client === 'r0' ? [{ say: subscribe(client), until: '\x90\x03' }] : []),
  ],
  script: (messages) => {
    const idAt = 1 + 2 + text('r0').length
    return new NumberedScript(
      Array.from({ length: messages }, (_, number) => publish(number)),
      (message, number) => message.writeUInt16BE((number % mostIds) + 1, idAt),
    )
  },
  confirmations: () => new Confirmations(),
  deliveries: (ring) => new Deliveries(ring),
}

function connect(client: string): Buffer {
  return packet(0x10, [text('MQTT'), Buffer.from([4, 0, 0, 0]), text(client)])
}

function subscribe(topic: string): Buffer {
  return packet(0x82, [Buffer.from([0, 1]), text(topic), Buffer.from([1])])
}

function publish(number: number): Buffer {
  return packet(publishType | qos1, [text('r0'), Buffer.from([0, 0]), Buffer.from(bodyOf(0, number, 128))])
}

/** Cuts into packets; what is not complete yet is kept. */
class Packets {
  #rest: Buffer = Buffer.alloc(0)

  take(chunk: Buffer): readonly { readonly type: number; readonly content: Buffer }[] {
    const bytes = Buffer.concat([this.#rest, chunk])
    const packets: { type: number; content: Buffer }[] = []
    let at = 0
    for (;;) {
      const [length, begin] = remaining(bytes, at + 1)
      if (begin < 0 || begin + length > bytes.length) break
      packets.push({ type: bytes[at] ?? 0, content: bytes.subarray(begin, begin + length) })
      at = begin + length
    }
    this.#rest = bytes.subarray(at)
    return packets
  }
}

/** A length of 1 to 4 bytes, and where it ends; -1 where its end has not come yet. */
function remaining(bytes: Buffer, from: number): readonly [number, number] {
  let length = 0
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    length |= (byte & 0x7f) << (7 * (at - from))
    if (byte < 0x80) return [length, at + 1]
  }
  return [0, -1]
}

class Confirmations implements ConfirmationReader {
  readonly #packets = new Packets()
  #confirmed = 0
  error: string | undefined

  take(chunk: Buffer): number {
    const before = this.#confirmed
    for (const { type, content } of this.#packets.take(chunk)) {
      const due = (this.#confirmed % mostIds) + 1
      if (type === confirmType && content.readUInt16BE() === due) this.#confirmed++
      else this.error ??= `packet ${type} ${content.toString('hex')} came where ${due} was to be confirmed`
    }
    return this.#confirmed - before
  }
}

class Deliveries implements DeliveryReader {
  readonly #packets = new Packets()
  readonly #labels: LabelReader

  constructor(ring: number) {
    this.#labels = new LabelReader(0, ring)
  }

  get error(): string | undefined {
    return this.#labels.error
  }

  take(chunk: Buffer): Arrival {
    const replies: Buffer[] = []
    let received = 0
    for (const { type, content } of this.#packets.take(chunk)) {
      if ((type & 0xf0) !== publishType) continue
      const idAt = 2 + content.readUInt16BE()
      // The number of a packet and the body behind it can spell the beginning of a label.
      received += this.#labels.take(content.subarray(idAt + 2))
      replies.push(packet(confirmType, [content.subarray(idAt, idAt + 2)]))
    }
    const reply = replies.length > 0 ? Buffer.concat(replies) : undefined
    return { received, reply }
  }
}
