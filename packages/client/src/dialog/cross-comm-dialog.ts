import { Message, PosthouseError, randomHex, toPosthouseError } from '@posthouse/core'
import { type ClientInfo, type Draft, type Encoded, type Wire, wireBytes } from '@posthouse/protocol'
import {
  CrossCommClientSession,
  type CrossCommEvent,
  decodeCrossComm,
  maxCrossCommBytes,
} from '@posthouse/protocol/cross-comm'
import { Later } from '../later.ts'
import type { SendOptions } from '../send-options.ts'
import type { Settings } from '../settings.ts'
import type { Desks, Dialog, DialogEvents, DialogParts, Line, Wishes } from './dialog.ts'
import { type ClientsOptions, RollCall } from './roll-call.ts'
import { type SendResult, Sends } from './sends.ts'

/** How often the documented programs say that they live, in milliseconds. */
const usualIntervalMs = 30_000
/** How long the server may be silent, in milliseconds: as long as it allows its clients. */
const usualTimeoutMs = 60_000
/** The dialect confirms nothing: all that waits may be written at once. */
const unsaid: readonly (keyof SendOptions)[] = [
  'headers',
  'replyTo',
  'ttlMs',
  'receipts',
  'whenOffline',
  'deliverAt',
  'priority',
  'retain',
]
const limits = { inFlight: Number.POSITIVE_INFINITY, frameBytes: maxCrossCommBytes }

/**
 * A client's conversation in the cross_comm dialect: no sessions, no acknowledgements, one frame in each WebSocket message.
 * What is sent while there is no connection waits for the next one.
 */
export class CrossCommDialog implements Dialog, DialogParts {
  readonly subprotocols: string[] = []
  /** The dialect has so few of them that they need no code of their own. */
  readonly parts: Later<DialogParts> = new Later<DialogParts>(async () => this, this)
  /** The dialect has no calls. */
  readonly busy = false
  readonly #settings: Settings
  readonly #events: DialogEvents
  readonly #session: CrossCommClientSession
  readonly #sends: Sends
  readonly #rollCall: RollCall
  #line: Line | undefined
  #loggedIn = false
  #heardAt = 0
  /**
   * Answers to `list_clients` carry no id: they come in the order of the questions. Holds an id of the roll call, or
   * nothing for a question that was only to get a sign of life.
   */
  #asked: (string | undefined)[] = []

  constructor(settings: Settings, events: DialogEvents) {
    this.#settings = settings
    this.#events = events
    this.#session = new CrossCommClientSession(settings.clientId)
    this.#sends = new Sends(settings.outbox, () => this.#checkIdle())
    this.#rollCall = new RollCall(settings.clock)
  }

  get idle(): boolean {
    return this.#sends.idle
  }

  // The dialect has no words for a token.
  open(line: Line): void {
    this.#line = line
    this.#write(this.#session.login(this.#now))
    this.beat()
  }

  receive(message: Wire): void {
    this.#heardAt = this.#settings.clock.elapsed()
    try {
      this.#hear(this.#session.receive(decodeCrossComm(message), this.#now))
    } catch (error) {
      // As the documented programs do: what cannot be understood is passed over.
      this.#events.watchers.tell('error', toPosthouseError(error, 'malformed_frame'))
    }
  }

  gather(): readonly Wire[] {
    const frames: Encoded[] = this.#sends.takeLive()
    for (const entry of this.#loggedIn ? this.#sends.takeKept(limits) : []) {
      frames.push(entry)
      this.#sends.confirm(entry.n, 'sent')
    }
    this.#checkIdle()
    return frames.map(({ wire }) => wire)
  }

  /** Servers answer no heartbeats. One that was silent is asked something that it does answer. */
  beat(): void {
    this.#write(this.#session.heartbeat(this.#now))
    const silentMs = this.#settings.clock.elapsed() - this.#heardAt
    if (this.#loggedIn && silentMs > this.#intervalMs * 0.9) this.#ask(true)
  }

  leave(): void {
    if (this.#loggedIn) this.#write(this.#session.logout(this.#now))
  }

  cut(): void {
    const error = new PosthouseError('not_connected', 'the connection was lost')
    this.#line = undefined
    this.#loggedIn = false
    this.#asked = []
    this.#sends.cut(error)
    this.fail(error)
  }

  fail(error: PosthouseError): void {
    this.#rollCall.failAll(error)
  }

  // There are no sessions to be forgotten.
  forget(): void {}

  end(error: PosthouseError): void {
    this.cut()
    this.#sends.end(error)
  }

  send(message: Draft, options: SendOptions): Promise<SendResult> {
    const { signal } = options
    const { qos } = message
    const name = unsaid.find((each) => options[each] !== undefined)
    if (name !== undefined) throw new PosthouseError('unsupported', `the cross_comm dialect has no ${name}`)
    const { id, wire } = this.#session.message(message, this.#now)
    const encoded = { wire, bytes: wireBytes(wire) }
    const buffered = this.#line?.bufferedBytes ?? 0
    if (qos === 0) this.#assertOpen('a qos 0 message is sent at once or not at all')
    this.#sends.assertRoom(encoded.bytes + buffered)
    const caller = { id, signal }
    const answer = qos === 0 ? this.#sends.add(encoded, caller) : this.#sends.keep(encoded, caller, this.#sends.next())
    this.#line?.wake()
    return answer
  }

  async list(options: ClientsOptions = {}): Promise<readonly ClientInfo[]> {
    this.#assertOpen('who is there can only be asked while connected')
    const id = randomHex(8)
    const answer = this.#rollCall.ask(id, options)
    this.#ask(options.online ?? true, id)
    return answer
  }

  wish({ presence, state }: Wishes): void {
    if (presence) this.#cannot('the cross_comm dialect tells nothing of presence')
    if (state !== undefined) this.#cannot('in the cross_comm dialect a client says nothing of itself')
  }

  async desk<Kind extends keyof Desks>(kind: Kind): Promise<Desks[Kind]> {
    const what = {
      calls: 'calls',
      streams: 'groups, channels and queues',
      files: 'words to ask a hub for files; json has',
    }
    throw new PosthouseError('unsupported', `the cross_comm dialect has no ${what[kind]}`)
  }

  #cannot(reason: string): void {
    this.#events.watchers.tell('error', new PosthouseError('unsupported', reason))
  }

  #hear(event: CrossCommEvent): void {
    switch (event.event) {
      case 'loggedIn':
        this.#welcomed()
        break
      case 'message':
        this.#events.deliver(new Message(event.message))
        break
      case 'listed':
        this.#listed(event.clients)
        break
      case 'nothing':
        if (event.error) this.#events.watchers.tell('error', event.error)
        break
    }
  }

  get #intervalMs(): number {
    const { heartbeatIntervalMs, heartbeatTimeoutMs = usualTimeoutMs } = this.#settings
    return heartbeatIntervalMs ?? Math.min(usualIntervalMs, heartbeatTimeoutMs / 2)
  }

  get #now(): number {
    return this.#settings.clock.now()
  }

  #welcomed(): void {
    if (this.#loggedIn) return
    this.#loggedIn = true
    const intervalMs = this.#intervalMs
    const { heartbeatTimeoutMs: timeoutMs = Math.max(usualTimeoutMs, intervalMs * 2) } = this.#settings
    this.#line?.welcomed({ intervalMs, timeoutMs })
    this.#line?.wake()
  }

  #ask(onlyOnline: boolean, id?: string): void {
    this.#asked.push(id)
    this.#write(this.#session.list(onlyOnline, this.#now))
  }

  #listed(clients: readonly ClientInfo[]): void {
    const id = this.#asked.shift()
    if (id !== undefined) this.#rollCall.receive(id, clients)
  }

  #checkIdle(): void {
    if (this.idle) this.#events.rested()
  }

  #write(wire: string): void {
    this.#sends.push({ wire, bytes: wireBytes(wire) })
    this.#line?.wake()
  }

  #assertOpen(rule: string): void {
    if (!this.#loggedIn) throw new PosthouseError('not_connected', `${rule}; there is no connection now`)
  }
}
