import { bodyOf, LabelReader } from '../body.ts'
import { NumberedScript } from './numbered-script.ts'
import type { Arrival, ConfirmationReader, DeliveryReader, DurableWire } from './wire.ts'

const hello = 'CONNECT {"verbose":false,"pedantic":false,"echo":false}\r\n'
/** Messages stay until they are acknowledged, as in an inbox. */
const stream = { name: 'BENCH', subjects: ['r0'], storage: 'file', retention: 'workqueue' }
const consumer = {
  stream_name: 'BENCH',
  config: { durable_name: 'r0', deliver_subject: 'd.r0', ack_policy: 'explicit', deliver_policy: 'all' },
}

/** NATS JetStream: a stream in files, a push consumer, everything confirmed and acknowledged one by one. */
export const jetstream: DurableWire = {
  webSocket: false,
  greet: (client) => [
    { say: '', until: '\r\n' },
    { say: `${hello}SUB ${answersTo(client)} 1\r\nSUB d.${client} 2\r\nPING\r\n`, until: 'PONG\r\n' },
    client === 's0'
      ? { say: ask(client, 'STREAM.CREATE.BENCH', stream), until: '"did_create":true' }
      : { say: ask(client, 'CONSUMER.DURABLE.CREATE.BENCH.r0', consumer), until: '"num_pending"' },
  ],
  // A message needs no number: positions are counted by the server.
  script: (messages) =>
    new NumberedScript(
      Array.from({ length: messages }, (_, number) => publish(number)),
      () => {},
    ),
  confirmations: () => new Confirmations(),
  deliveries: (ring) => new Deliveries(ring),
}

/** The subject on which a client is answered. */
function answersTo(client: string): string {
  return `c.${client}`
}

function ask(client: string, what: string, body: object): string {
  const text = JSON.stringify(body)
  return `PUB $JS.API.${what} ${answersTo(client)} ${text.length}\r\n${text}\r\n`
}

function publish(number: number): Buffer {
  const body = bodyOf(0, number, 128)
  return Buffer.from(`PUB r0 ${answersTo('s0')} ${body.length}\r\n${body}\r\n`)
}

/** What is no news to a sender. A `PING` may go without its answer for longer than a run takes. */
const passed = /^(MSG c\.s0 .*|PING|)$/

/** Cuts into lines; what has no end yet is kept. */
class Lines {
  #rest = ''

  take(chunk: Buffer): readonly string[] {
    const lines = (this.#rest + chunk.toString('latin1')).split('\r\n')
    this.#rest = lines.pop() ?? ''
    return lines
  }
}

class Confirmations implements ConfirmationReader {
  readonly #lines = new Lines()
  #seq = 0
  error: string | undefined

  take(chunk: Buffer): number {
    const before = this.#seq
    for (const line of this.#lines.take(chunk)) {
      if (line === `{"stream":"BENCH", "seq":${this.#seq + 1}}`) this.#seq++
      else if (!passed.test(line)) this.error ??= `the sender is told ${line}`
    }
    return this.#seq - before
  }
}

class Deliveries implements DeliveryReader {
  readonly #lines = new Lines()
  readonly #labels: LabelReader

  constructor(ring: number) {
    this.#labels = new LabelReader(0, ring)
  }

  get error(): string | undefined {
    return this.#labels.error
  }

  take(chunk: Buffer): Arrival {
    let reply = ''
    for (const line of this.#lines.take(chunk)) {
      const [word, , , acknowledgeTo] = line.split(' ')
      if (word === 'MSG' && acknowledgeTo !== undefined) reply += `PUB ${acknowledgeTo} 4\r\n+ACK\r\n`
    }
    return { received: this.#labels.take(chunk), reply: reply === '' ? undefined : Buffer.from(reply) }
  }
}
