import { type LogFields, type Logger, ManualClock } from '@posthouse/core'
import { Hub, type HubOptions } from '@posthouse/hub'
import { Arrivals } from './arrivals.ts'
import { RawPeer } from './raw-peer.ts'

/** One line that a hub has logged. */
export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: LogFields
}

/** A logger whose lines can be waited for. */
export class LineLogger implements Logger {
  readonly lines: Arrivals<LogLine> = new Arrivals('a line of the log')
  readonly debug = this.#writer('debug')
  readonly info = this.#writer('info')
  readonly warn = this.#writer('warn')
  readonly error = this.#writer('error')

  /** Takes the next line about an error of this code. */
  code(code: string): Promise<LogLine> {
    return this.lines.take(({ fields }) => fields.code === code)
  }

  /** Takes the next line with these words. */
  line(words: string): Promise<LogLine> {
    return this.lines.take(({ message }) => message.includes(words))
  }

  #writer(level: keyof Logger): (message: string, fields?: LogFields) => void {
    return (message, fields = {}) => this.lines.push({ level, message, fields })
  }
}

/** A hub that listens on a free loopback port. */
export interface RunningHub extends AsyncDisposable {
  readonly hub: Hub
  readonly url: string
  readonly log: LineLogger
}

/** Starts a hub. Dispose closes it. */
export async function startHub(options: HubOptions = {}): Promise<RunningHub> {
  const log = new LineLogger()
  const hub = new Hub({ logger: log, node: 'test-node', ...options })
  const { url } = await hub.listen({ port: 0 })
  return { hub, url, log, [Symbol.asyncDispose]: () => hub.close() }
}

/** Waits until the hub has noticed that a client's connection is gone. */
export async function noticed(server: RunningHub, client: string): Promise<void> {
  await server.log.lines.take(({ message, fields }) => message === 'connection closed' && fields.client === client)
}

/** Makes a client known that is away. */
export async function visit(server: RunningHub, client: string): Promise<void> {
  const peer = await RawPeer.login(server.url, client)
  await peer.cut()
  await noticed(server, client)
}

/** A hub whose time stands still until the test moves it. */
export async function startTimelessHub(
  options: HubOptions = {},
  clock: ManualClock = new ManualClock(),
): Promise<RunningHub & { readonly clock: ManualClock }> {
  return { ...(await startHub({ ...options, clock })), clock }
}
