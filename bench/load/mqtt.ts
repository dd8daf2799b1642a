import type { Language } from './language.ts'

/** MQTT 3.1.1 with qos 0. Senders do not subscribe to `all`, because a broker of that version would echo it. */
export const mqtt: Language = {
  webSocket: false,
  batch: 1,
  greet: (client) => [
    { say: connect(client), until: '\x20\x02\x00\x00' },
    { say: subscribe(client.startsWith('s') ? [client] : [client, 'all']), until: '\x90' },
  ],
  encode: (letters) => Buffer.concat(letters.map(({ to, body }) => packet(0x30, [text(to), Buffer.from(body)]))),
}

function connect(client: string): Buffer {
  const cleanSession = 2
  return packet(0x10, [text('MQTT'), Buffer.from([4, cleanSession, 0, 0]), text(client)])
}

function subscribe(topics: readonly string[]): Buffer {
  return packet(0x82, [Buffer.from([0, 1]), ...topics.map((topic) => Buffer.concat([text(topic), Buffer.from([0])]))])
}

/** A control packet (MQTT 3.1.1, section 2.2). */
export function packet(type: number, parts: readonly Buffer[]): Buffer {
  const rest = Buffer.concat(parts)
  const size: number[] = []
  let left = rest.length
  do {
    size.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0))
    left >>= 7
  } while (left > 0)
  return Buffer.concat([Buffer.from([type, ...size]), rest])
}

/** A string with its length before it. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}
