import { jsonClientCodec } from '@posthouse/protocol'
import { bodyOf } from '../body.ts'
import { posthouseJson } from '../posthouse.ts'
import { messageId } from '../script.ts'
import { fieldsOf, firstNumber, numberedFrames } from './numbered-script.ts'
import { CumulativeConfirmations, CumulativeDeliveries } from './readers.ts'
import type { DurableWire } from './wire.ts'

/** v1 JSON with `qos` 1. The receiver acknowledges once for all that it was given in one tick, as `HubClient` does. */
export const posthouse: DurableWire = {
  webSocket: true,
  greet: posthouseJson(1).greet,
  script: (messages) =>
    numberedFrames(
      Array.from({ length: messages }, (_, number) => send(number)),
      [fieldsOf.n],
    ),
  confirmations: () => new CumulativeConfirmations('"n":', '"state":"stored"'),
  deliveries: (ring) => new CumulativeDeliveries(ring, '"seq":', (seq) => `{"op":"ack","seq":${seq}}`),
}

function send(number: number): string {
  const body = { format: 'value', value: bodyOf(0, number, 128) } as const
  const id = messageId(0, number)
  return String(jsonClientCodec.encode({ op: 'send', id, to: 'r0', type: 'text', n: firstNumber, body }))
}
