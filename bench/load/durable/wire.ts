import type { LanguageName } from '../job.ts'
import type { Step } from '../language.ts'
import type { NumberedScript } from './numbered-script.ts'

/** What has come to a receiver: how many messages, and what it says to have processed them. */
export interface Arrival {
  readonly received: number
  readonly reply: Buffer | undefined
}

/** What the load has to know of a wire on which messages are confirmed to their sender and acknowledged by their receiver. */
export interface DurableWire {
  readonly webSocket: boolean
  /** The sender `s0` is greeted first, then the receiver `r0`, who can be away and come back without losing anything. */
  greet(client: string): readonly Step[]
  /** Messages for `r0`, so many different ones. */
  script(messages: number): NumberedScript
  confirmations(): ConfirmationReader
  /** @param ring as for `script` */
  deliveries(ring: number): DeliveryReader
}

/** Reads what comes to the sender. */
export interface ConfirmationReader {
  /** The first thing that was wrong. */
  readonly error: string | undefined
  /** Takes the next bytes; returns how many more messages are kept now. */
  take(chunk: Buffer): number
}

/** Reads what comes to the receiver, and holds it against what is due. */
export interface DeliveryReader {
  readonly error: string | undefined
  take(chunk: Buffer): Arrival
}

/** What is spoken where messages are kept, by the language for those that are not; loaded when it is needed. */
export async function loadDurableWire(name: LanguageName): Promise<DurableWire> {
  switch (name) {
    case 'posthouse-json':
      return (await import('./posthouse.ts')).posthouse
    case 'relay':
      return (await import('./reference.ts')).reference
    case 'nats':
      return (await import('./jetstream.ts')).jetstream
    case 'mqtt':
      return (await import('./mqtt.ts')).mqtt
    default:
      throw new Error(`nothing is kept in ${name}`)
  }
}
