import { HubClient } from '@posthouse/client'

/** Confirmed messages that may be on their way. */
const mostAhead = 500

/** What became of the messages of a load. */
export interface Tally {
  /** Messages that the hub has confirmed. */
  readonly confirmed: ReadonlySet<string>
  /** How often each message has reached the handler of its recipient. */
  readonly handled: ReadonlyMap<string, number>
  /** Why a message was not confirmed. */
  readonly refused: readonly unknown[]
}

/** How much is sent. */
export interface LoadOptions {
  readonly url: string
  readonly senders: number
  readonly receivers: number
  /** Messages of each sender that are under way at a time. */
  readonly abreast: number
  /**
   * Begin nothing new while somebody is away. What is sent again must not find that its receiver has had thousands of
   * others since, and remembers it no more. Default false.
   */
  readonly together?: boolean
}

/** Clients that send to each other as fast as the hub confirms. Dispose closes them. */
export class Load implements AsyncDisposable, Tally {
  readonly confirmed = new Set<string>()
  readonly handled = new Map<string, number>()
  readonly refused: unknown[] = []
  readonly #options: LoadOptions
  readonly #senders: HubClient[]
  readonly #receivers: HubClient[]
  readonly #watchers = new Set<() => void>()
  #sending: Promise<unknown> = Promise.resolve()
  #stopped = false

  private constructor(options: LoadOptions) {
    this.#options = options
    const client = (name: string) => (_: unknown, index: number) =>
      new HubClient({ url: options.url, clientId: `${name}${index}`, dialect: index % 2 === 0 ? 'json' : 'msgpack' })
    this.#senders = Array.from({ length: options.senders }, client('sender'))
    this.#receivers = Array.from({ length: options.receivers }, client('receiver'))
  }

  /** Connects everyone and begins to send. */
  static async start(options: LoadOptions): Promise<Load> {
    const load = new Load(options)
    for (const client of load.#clients) client.watch('state', () => load.#look())
    for (const receiver of load.#receivers) receiver.on('text', ({ body }) => load.#arrived(String(body)))
    await Promise.all(load.#clients.map((client) => client.connect()))
    load.#sending = Promise.all(
      load.#senders.flatMap((sender) =>
        Array.from({ length: options.abreast }, (_, lane) => load.#keepSending(sender, lane)),
      ),
    )
    return load
  }

  /** Resolves when so many more messages were confirmed. */
  async progress(messages: number): Promise<void> {
    const goal = this.confirmed.size + messages
    await this.#until(() => this.confirmed.size >= goal || this.refused.length > 0)
  }

  /** Resolves when everyone is connected. */
  async online(): Promise<void> {
    await this.#until(() => this.#clients.every(({ state }) => state === 'online'))
  }

  /** Sends no more, and resolves when the hub has answered everything. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#look()
    await this.#sending
  }

  /** Resolves when all of these messages have arrived. */
  async arrived(ids: Iterable<string>): Promise<void> {
    const wanted = [...ids]
    await this.#until(() => wanted.every((id) => this.handled.has(id)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#look()
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  get #clients(): readonly HubClient[] {
    return [...this.#receivers, ...this.#senders]
  }

  async #keepSending(sender: HubClient, lane: number): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      // While a receiver is away, its inbox must not fill.
      await this.#until(() => this.#stopped || this.#mayGoOn())
      const text = `${sender.clientId}-${lane}-${n}`
      try {
        await sender.send(`receiver${(lane + n) % this.#options.receivers}`, text)
        this.confirmed.add(text)
      } catch (error) {
        if (this.#stopped) return
        this.refused.push(error)
      }
      this.#look()
    }
  }

  #mayGoOn(): boolean {
    if (this.confirmed.size - this.handled.size >= mostAhead) return false
    return !this.#options.together || this.#clients.every(({ state }) => state === 'online')
  }

  #arrived(text: string): void {
    this.handled.set(text, (this.handled.get(text) ?? 0) + 1)
    this.#look()
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  async #until(reached: () => boolean): Promise<void> {
    if (reached()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const watcher = (): void => {
      if (reached()) resolve()
    }
    this.#watchers.add(watcher)
    await promise
    this.#watchers.delete(watcher)
  }
}
