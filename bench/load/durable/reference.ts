import { bodyOf } from '../body.ts'
import { upgradeRequest } from '../web-socket.ts'
import { fieldsOf, firstNumber, numberedFrames } from './numbered-script.ts'
import { CumulativeConfirmations, CumulativeDeliveries } from './readers.ts'
import type { DurableWire } from './wire.ts'

/** The bare loop: `{to, n, body}`, `{kept: n}`, `{seq, body}` and `{ack: seq}`. */
export const reference: DurableWire = {
  webSocket: true,
  greet: (client) => [{ say: upgradeRequest(`/${client}`), until: '\r\n\r\n' }],
  script: (messages) =>
    numberedFrames(
      Array.from({ length: messages }, (_, number) => letter(number)),
      [fieldsOf.n],
    ),
  confirmations: () => new CumulativeConfirmations('"kept":', ''),
  deliveries: (ring) => new CumulativeDeliveries(ring, '"seq":', (seq) => `{"ack":${seq}}`),
}

function letter(number: number): string {
  return JSON.stringify({ to: 'r0', n: firstNumber, body: bodyOf(0, number, 128) })
}
