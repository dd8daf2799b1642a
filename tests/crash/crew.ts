import { HubClient } from '@posthouse/client'

/** Messages that may be under way from all to all. */
const mostAhead = 60

/** How many there are. */
export interface CrewOptions {
  readonly url: string
  readonly senders: number
  readonly receivers: number
}

/**
 * Clients that send to each other as fast as the hub confirms, and notice what is lost, comes twice or out of order. Dispose
 * closes them.
 */
export class Crew implements AsyncDisposable {
  /** What was wrong, in the order in which it was noticed. */
  readonly faults: string[] = []
  confirmed = 0
  readonly #senders: readonly HubClient[]
  readonly #receivers: readonly HubClient[]
  /** Messages from one client to another that were sent, and that were handled, by both names. */
  readonly #sent = new Map<string, number>()
  readonly #handled = new Map<string, number>()
  readonly #watchers = new Set<() => void>()
  #ahead = 0
  #underWay = 0
  #stopped = false
  #closed = false

  private constructor({ url, senders, receivers }: CrewOptions) {
    const client = (name: string) => (_: unknown, index: number) => {
      const dialect = index % 2 === 0 ? 'json' : 'msgpack'
      return new HubClient({ url, clientId: `${name}${index}`, dialect, reconnect: { baseMs: 10, capMs: 20 } })
    }
    this.#senders = Array.from({ length: senders }, client('sender'))
    this.#receivers = Array.from({ length: receivers }, client('receiver'))
  }

  /** Connects everyone and begins to send. */
  static async start(options: CrewOptions): Promise<Crew> {
    const crew = new Crew(options)
    for (const client of crew.#clients) crew.#observe(client)
    for (const [index, receiver] of crew.#receivers.entries()) {
      receiver.on('text', async ({ body }) => {
        crew.#took(receiver.clientId, String(body))
        // Some acknowledge at once, some later and for many messages together.
        if (index % 2 === 1) await new Promise((resolve) => setImmediate(resolve))
      })
    }
    await Promise.all(crew.#clients.map((client) => client.connect({ retry: true })))
    crew.#send()
    return crew
  }

  get #clients(): readonly HubClient[] {
    return [...this.#receivers, ...this.#senders]
  }

  /** Resolves when so many more messages were confirmed, or something is wrong. */
  async progress(messages: number): Promise<void> {
    const goal = this.confirmed + messages
    await this.#until(() => this.confirmed >= goal)
  }

  /** Sends no more, and resolves when everything has been confirmed and handled, or something is wrong. */
  async finish(): Promise<void> {
    this.#stopped = true
    await this.#until(() => this.#underWay === 0 && this.#ahead === 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#closed = true
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  #observe(client: HubClient): void {
    let welcomes = 0
    client.watch('gap', (gap) => this.#fault(`${client.clientId} is told of a gap: ${JSON.stringify(gap)}`))
    client.watch('error', (error) => this.#fault(`${client.clientId}: ${String(error)}`))
    client.watch('state', ({ state }) => {
      if (state === 'closed') this.#fault(`${client.clientId} is closed`)
      if (state !== 'online') return
      if (welcomes++ > 0 && client.welcome?.resumed !== true) this.#fault(`${client.clientId} has lost its session`)
    })
  }

  /** Has as much under way as there may be. */
  #send(): void {
    for (let turn = this.confirmed; !this.#stopped && this.#ahead < mostAhead; turn++) {
      const sender = this.#senders[turn % this.#senders.length]
      const receiver = this.#receivers[Math.floor(turn / this.#senders.length) % this.#receivers.length]
      if (sender !== undefined && receiver !== undefined) this.#sendOne(sender, receiver.clientId)
    }
  }

  #sendOne(sender: HubClient, to: string): void {
    const pair = `${sender.clientId} ${to}`
    const number = this.#sent.get(pair) ?? 0
    this.#sent.set(pair, number + 1)
    this.#ahead++
    this.#underWay++
    sender.send(to, `${sender.clientId} ${number}`).then(
      () => {
        this.#underWay--
        this.confirmed++
        this.#look()
      },
      (error: unknown) => this.#fault(`message ${number} of ${pair}: ${String(error)}`),
    )
  }

  #took(receiver: string, body: string): void {
    const [sender, number] = body.split(' ')
    const pair = `${sender} ${receiver}`
    const due = this.#handled.get(pair) ?? 0
    if (Number(number) !== due) this.#fault(`message ${number} of ${pair} came where ${due} was due`)
    this.#handled.set(pair, due + 1)
    this.#ahead--
    this.#send()
    this.#look()
  }

  #fault(what: string): void {
    if (this.#closed) return
    this.faults.push(what)
    this.#look()
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  async #until(reached: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const watcher = (): void => {
      if (reached() || this.faults.length > 0) resolve()
    }
    this.#watchers.add(watcher)
    watcher()
    await promise
    this.#watchers.delete(watcher)
  }
}
