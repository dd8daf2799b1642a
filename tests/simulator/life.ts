import {
  type ManualClock,
  type Message,
  type MessageType,
  PosthouseError,
  type Qos,
  silentLogger,
} from '@posthouse/core'
import { type Done, type Gap, jsonClientCodec, type OtherFrame, type Wire } from '@posthouse/protocol'
import { msgpackClientCodec } from '@posthouse/protocol/msgpack'
// Loaded beforehand: how long the first import takes is not part of a run.
import '../../packages/client/src/calls/call-desk.ts'
import '../../packages/client/src/dialog/v1-parts.ts'
import { closeAction } from '../../packages/client/src/connection/close-code.ts'
import type { Line } from '../../packages/client/src/dialog/dialog.ts'
import { V1Dialog } from '../../packages/client/src/dialog/v1-dialog.ts'
import { Listeners } from '../../packages/client/src/listening/listeners.ts'
import { Watchers } from '../../packages/client/src/listening/watchers.ts'
import { settingsOf } from '../../packages/client/src/settings.ts'
import type { Action } from './actions.ts'
import type { Cable, ClientEnd } from './cable.ts'
import { Onlooker } from './onlooker.ts'
import { Telephone } from './telephone.ts'

/** What a life tells the world. */
export interface LifeEvents {
  /** A handler begins. */
  started(life: Life, message: Message, stored: boolean): void
  /** A handler is done. */
  completed(life: Life, message: Message): void
  /** A handler gives a message back. */
  returned(life: Life, message: Message): void
  gap(life: Life, gap: Gap): void
  /** The hub told of presence what was older than what it had told before. */
  stale(life: Life, detail: string): void
  /** A call was handed to its handler. */
  called(life: Life, tag: string): void
  /** A call was given an answer that is not its own. */
  crossed(life: Life, detail: string): void
  /** The client's end found that the hub broke the protocol. */
  broken(life: Life, error: PosthouseError): void
}

/** A message at its handler. */
interface Job {
  readonly message: Message
  readonly done: Done | undefined
}

/** A message to be sent. */
export interface Letter {
  readonly id: string
  readonly to: string
  readonly type: MessageType
  readonly value: unknown
  readonly qos: Qos
  readonly ttlMs?: number
}

/** How a client is made. */
export interface LifeOptions {
  readonly client: string
  /** Counts the lives of one client id, from 1. */
  readonly number: number
  readonly dialect: 'json' | 'msgpack'
  readonly clock: ManualClock
  /** Sabotage: messages are acknowledged before their handler is done. */
  readonly hasty: boolean
}

/** One life of a client program: the client's own dialog, with handlers that are done when the world says so. */
export class Life implements ClientEnd {
  readonly name: string
  readonly client: string
  readonly number: number
  readonly dialect: 'json' | 'msgpack'
  readonly working: Job[] = []
  readonly onlooker = new Onlooker()
  readonly telephone: Telephone
  readonly #dialog: V1Dialog
  readonly #events: LifeEvents
  state: 'running' | 'stopped' | 'crashed' = 'running'
  cable: Cable | undefined
  #woken = false
  #welcomed = false
  #questions = 0
  /** What it has subscribed to on this connection. */
  readonly #subscribed = new Set<string>()
  /** What it has given up on this connection, and the hub has not answered. */
  readonly #ending = new Set<string>()

  constructor(options: LifeOptions, events: LifeEvents) {
    const { client, dialect, clock } = options
    this.client = client
    this.number = options.number
    this.name = `${client}${options.number}`
    this.dialect = dialect
    this.#events = events
    const settings = settingsOf({ clientId: client, clock, dialect, WebSocket: NoWebSocket })
    this.telephone = new Telephone(async () => (await this.#dialog.parts.load()).desk('calls'), {
      handled: (tag) => events.called(this, tag),
      crossed: (detail) => events.crossed(this, detail),
    })
    const watchers = new Watchers(silentLogger)
    watchers.add('gap', (gap) => events.gap(this, gap))
    watchers.add('presence', ({ full, clients }) => {
      const stale = this.onlooker.heard(full, clients)
      if (stale !== undefined) events.stale(this, stale)
    })
    this.#dialog = new V1Dialog(dialect === 'json' ? jsonClientCodec : msgpackClientCodec, settings, {
      deliver: (message, done) => this.#deliver(message, done, options.hasty),
      watchers,
      listeners: new Listeners(settings, watchers, () => undefined),
      handlers: this.telephone.handlers,
      draining: () => false,
      rested: () => undefined,
    })
    const { hear } = V1Dialog.prototype
    const heard: V1Dialog['hear'] = (frame, done) => {
      this.#heard(frame)
      hear.call(this.#dialog, frame, done)
    }
    Object.assign(this.#dialog, { hear: heard })
    void this.#dialog.parts.load().then((parts) => parts.desk('calls'))
  }

  get idle(): boolean {
    return this.#dialog.idle && !this.#dialog.parts.loaded?.busy
  }

  /** Says hello on a new cable. */
  open(cable: Cable): void {
    this.cable = cable
    this.#welcomed = false
    this.#dialog.open(this.#line(cable), undefined)
  }

  received(wire: Wire): void {
    try {
      this.#dialog.receive(wire)
    } catch (error) {
      this.#events.broken(this, error instanceof PosthouseError ? error : new PosthouseError('internal', String(error)))
    }
  }

  ended(code: number): void {
    this.cable = undefined
    this.#welcomed = false
    this.#dialog.cut()
    const action = closeAction(code)
    if (action === 'anew') this.#dialog.forget()
    if (action === 'stop' && code !== 4408) this.stop()
  }

  /** Turns away from the cable, whatever is still on it. */
  abandon(): void {
    this.cable?.abandon(1000)
    this.cable = undefined
    this.#welcomed = false
    this.#dialog.cut()
  }

  /** The program closes: who waits for an answer is told that there will be none. */
  stop(): void {
    this.state = 'stopped'
    this.#dialog.end(new PosthouseError('closed', 'this life is over'))
  }

  /** The program dies without a word. */
  crash(): void {
    this.state = 'crashed'
    if (this.cable !== undefined) this.cable.clientEnd = undefined
    this.cable = undefined
    this.working.length = 0
  }

  leave(): void {
    this.#dialog.leave()
    this.flush()
    this.abandon()
    this.stop()
  }

  /** @throws PosthouseError (also later) what `Dialog.send` documents */
  async send(letter: Letter): Promise<string> {
    const { state } = await this.#dialog.send(letter, {})
    return state
  }

  /** Wants to know who is there, or no longer. */
  watch(): void {
    this.onlooker.wanted = !this.onlooker.wanted
    this.#wish()
  }

  /** Says something about itself. */
  say(state: unknown): void {
    this.onlooker.state = state
    this.#wish()
  }

  /** As `HubClient` does it. */
  #wish(): void {
    const { wanted: presence, state } = this.onlooker
    void this.#dialog.parts.load().then((parts) => parts.wish({ presence, state }))
  }

  /** Asks for a place in a group, for a channel or for work, or gives that up. What is not connected asks nothing. */
  ask({ op, to, after, prefetch }: Extract<Action, { readonly do: 'ask' }>): void {
    // As in `HubClient`, the next subscription begins when the one before has ended.
    if (!this.#welcomed || this.#ending.has(to)) return
    const number = ++this.#questions
    const id = `q${number}`
    if (op === 'unsubscribe') this.#ending.add(to)
    if (op === 'subscribe') {
      const from = after && !this.#subscribed.has(to) && { after }
      this.#subscribed.add(to)
      const { copies } = this.#dialog.session
      if (to.startsWith('channel:') && !copies.has(to)) copies.set(to, number)
      this.#dialog.write({ op, id, to, ...from, ...(prefetch && { prefetch }) })
    } else this.#dialog.write({ op, id, to })
  }

  #heard({ raw: { op, to } }: OtherFrame): void {
    if (op !== 'unsubscribe' || typeof to !== 'string') return
    this.#ending.delete(to)
    this.#subscribed.delete(to)
    this.#dialog.session.ended(to)
  }

  /** A handler is done, perhaps before one that began earlier. */
  finish(index: number): void {
    const [job] = this.working.splice(index, 1)
    if (job === undefined) return
    this.#events.completed(this, job.message)
    job.done?.()
  }

  /** A handler gives its message back: it comes again later. Live ones cannot be given back. */
  giveBack(index: number): void {
    const job = this.working[index]
    if (job?.done === undefined) return
    // A client does not know its copy of what it gave back to a channel from what that channel delivers again.
    if (job.message.to.startsWith('channel:')) return
    this.working.splice(index, 1)
    this.#events.returned(this, job.message)
    job.done({ delayMs: 500 })
  }

  /** Writes what the tick has gathered. */
  flush(): void {
    if (!this.#woken || this.cable === undefined) return
    this.#woken = false
    for (const wire of this.#dialog.gather()) this.cable.put('up', { wire })
  }

  #deliver(message: Message, done: Done | undefined, hasty: boolean): void {
    this.#events.started(this, message, done !== undefined)
    this.working.push({ message, done: hasty ? undefined : done })
    if (hasty) done?.()
  }

  #line(cable: Cable): Line {
    return {
      bufferedBytes: 0,
      wake: () => {
        this.#woken = true
      },
      welcomed: () => {
        this.#welcomed = true
        this.#subscribed.clear()
        this.#ending.clear()
        this.#wish()
      },
      goaway: () => undefined,
      told: () => undefined,
      fail: (error) => {
        this.#events.broken(this, error)
        if (this.cable === cable) this.abandon()
      },
    }
  }
}

/** Cables stand in for sockets; the settings want a constructor all the same. */
class NoWebSocket {
  binaryType = 'arraybuffer'
  readonly readyState = 3
  readonly bufferedAmount = 0
  onopen = null
  onmessage = null
  onerror = null
  onclose = null
  send(): void {}
  close(): void {}
}
