import {
  type Envelope,
  type Logger,
  Message,
  type MessageFilter,
  type MessageType,
  messageMatcher,
  toPosthouseError,
} from '@posthouse/core'
import { fromBodyValue } from '@posthouse/protocol'
import { bodyToValue } from '@posthouse/protocol/bodies'
import { readChannelPattern } from '../channels/channel-pattern.ts'
import { PatternTrie } from '../channels/pattern-trie.ts'

/** Handles a message to the hub itself or to everyone. */
export type HubMessageHandler = (message: Message) => unknown

interface Listener {
  readonly matches: ReturnType<typeof messageMatcher>
  readonly handler: HubMessageHandler
}

/** The hub's own handlers, for messages to `hub`, to `all` and to channels. */
export class HubListeners {
  readonly #logger: Logger
  readonly #listeners = new Set<Listener>()
  readonly #subscribers = new PatternTrie<{ readonly handler: HubMessageHandler }>()
  #running = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** True while a handler works. */
  get busy(): boolean {
    return this.#running > 0
  }

  /** Has `handler` called for messages that match, until disposed of. */
  add(filter: MessageType | '*' | MessageFilter, handler: HubMessageHandler): Disposable {
    const listener = { matches: messageMatcher(filter), handler }
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** Calls the handlers whose filter matches, in the order in which they were added; never for the hub's own messages. */
  receive(envelope: Envelope): void {
    if (envelope.from === 'hub') return
    this.#tell(
      envelope,
      [...this.#listeners].filter(({ matches }) => matches(envelope)),
    )
  }

  /**
   * Has `handler` called for what is published in the channels of a pattern, until disposed of.
   * @throws PosthouseError `invalid_address`
   */
  subscribe(pattern: string, handler: HubMessageHandler): Disposable {
    const { parts } = readChannelPattern(`channel:${pattern}`)
    const subscriber = { handler }
    this.#subscribers.add(parts, subscriber)
    return { [Symbol.dispose]: () => this.#subscribers.delete(parts, subscriber) }
  }

  /** Calls the handlers for the channel of that name; never for the hub's own messages. */
  published(name: string, envelope: Envelope): void {
    if (!this.#subscribers.empty && envelope.from !== 'hub') this.#tell(envelope, this.#subscribers.match(name))
  }

  #tell(envelope: Envelope, wanted: readonly { readonly handler: HubMessageHandler }[]): void {
    if (wanted.length === 0) return
    try {
      const message = messageOf(envelope)
      for (const { handler } of wanted) this.#call(handler, message)
    } catch (error) {
      this.#report(envelope, error)
    }
  }

  #call(handler: HubMessageHandler, message: Message): void {
    const failed = (error: unknown): void => this.#report(message, error)
    const done = (): void => {
      this.#running--
    }
    this.#running++
    try {
      Promise.resolve(handler(message)).catch(failed).finally(done)
    } catch (error) {
      failed(error)
      done()
    }
  }

  #report(about: Pick<Envelope, 'id' | 'from'>, cause: unknown): void {
    const error = toPosthouseError(cause, 'handler_failed')
    this.#logger.error('a handler of the hub failed', { id: about.id, from: about.from, error })
  }
}

function messageOf(envelope: Envelope): Message {
  const { id, from, to, type, ts, headers, replyTo } = envelope
  const body = fromBodyValue(type, bodyToValue(envelope))
  return new Message({ id, from, to, type, body, ts, headers, replyTo })
}
