import { type ClientCodec, jsonClientCodec, type SendFrame, type Wire } from '@posthouse/protocol'
import { msgpackClientCodec } from '@posthouse/protocol/msgpack'
import type { Language, Letter } from './language.ts'
import { clientFrame, upgradeRequest } from './web-socket.ts'

/** v1 JSON, with so many frames in each WebSocket message. */
export function posthouseJson(batch: number): Language {
  return languageOf(jsonClientCodec, batch)
}

/** v1 MessagePack. */
export const posthouseMsgpack: Language = languageOf(msgpackClientCodec, 1)

function languageOf(codec: ClientCodec, batch: number): Language {
  return {
    webSocket: true,
    batch,
    greet: (client) => [
      { say: upgradeRequest('/', codec.subprotocol), until: '\r\n\r\n' },
      { say: webSocketFrame(codec.encode({ op: 'hello', client, caps: [], producer: client })), until: 'serverTime' },
    ],
    encode: (letters) => webSocketFrame(codec.join(letters.map((letter) => codec.encode(sendFrame(letter))))),
  }
}

function sendFrame({ id, to, body }: Letter): SendFrame {
  return { op: 'send', id, to, type: 'text', qos: 0, body: { format: 'value', value: body } }
}

function webSocketFrame(wire: Wire): Buffer {
  return typeof wire === 'string' ? clientFrame(Buffer.from(wire), 'text') : clientFrame(Buffer.from(wire), 'binary')
}
