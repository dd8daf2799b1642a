import type { LanguageName } from './job.ts'

/** One step of a greeting: what to say, and what the answer must hold before the next one. */
export interface Step {
  readonly say: Buffer | string
  readonly until: string
}

/** Where a message goes. `all` is everyone but its sender. */
export interface Letter {
  readonly to: string
  readonly body: string
  /** Of the same length for all messages of a run. */
  readonly id: string
}

/** What the load has to know of a peer's wire: how to log in, and what a message looks like on its way in. */
export interface Language {
  readonly webSocket: boolean
  /** Messages that are put into one unit on the wire; the others have one each. */
  readonly batch: number
  greet(client: string): readonly Step[]
  encode(letters: readonly Letter[]): Buffer
}

/** The languages, by name; their code is loaded when it is needed. */
export async function loadLanguage(name: LanguageName): Promise<Language> {
  switch (name) {
    case 'posthouse-json':
      return (await import('./posthouse.ts')).posthouseJson(1)
    case 'posthouse-arrays':
      return (await import('./posthouse.ts')).posthouseJson(16)
    case 'posthouse-msgpack':
      return (await import('./posthouse.ts')).posthouseMsgpack
    case 'relay':
      return (await import('./relay.ts')).relay
    case 'socket.io':
      return (await import('./socket-io.ts')).socketIo
    case 'nats':
      return (await import('./nats.ts')).nats
    case 'mqtt':
      return (await import('./mqtt.ts')).mqtt
  }
}
