import { type Position, PosthouseError } from '@posthouse/core'
import type { BadFrame, OtherFrame } from '../frame/codec.ts'
import { errorFromInfo } from '../frame/error-info.ts'
import type {
  AckFrame,
  DeliverFrame,
  ErrorFrame,
  GoawayFrame,
  HelloFrame,
  HubFrame,
  NackFrame,
  PingFrame,
  SentState,
  WelcomeFrame,
  WillFields,
} from '../frame/frames.ts'
import { inboxStream } from '../frame/frames.ts'
import { AckTracker } from './ack-tracker.ts'
import { DuplicateFilter } from './duplicate-filter.ts'

/** How a message is given back. */
export type GivingBack = Pick<NackFrame, 'delayMs'>

/** Ends the work on a message: it was processed, or is given back. */
export type Done = (back?: GivingBack) => void

/** A message in its stream, on the connection and in the subscription that it came by. */
type Place = readonly [acks: AckTracker, seq: number]

/** What a client session asks of its owner. The session itself touches no socket and no clock. */
export interface ClientSessionEvents {
  write(frame: AckFrame | NackFrame | PingFrame): void
  /** The conversation is open; what the outbox holds may go out. */
  opened(welcome: WelcomeFrame): void
  /** Hand this to the handlers, and call `done` when they are: live messages have none. */
  deliver(frame: DeliverFrame, done?: Done): void
  /** Everything up to `n` that is still unanswered was accepted. */
  confirmed(n: number, state: SentState): void
  refused(n: number, error: PosthouseError): void
  goaway(frame: GoawayFrame): void
  /**
   * The session has no part in this, and it was not looked at: who is there, a call, or what a later hub says. Where it lies
   * in the inbox, as receipts do, `done` is to be called.
   */
  hear(frame: OtherFrame, done?: Done): void
  /** The hub told of an error, or sent something that does not fit. The connection lives on. */
  told(error: PosthouseError, about?: ErrorFrame['about']): void
  /** The hub broke the protocol: close the connection with this error's close code. */
  broken(error: PosthouseError): void
}

/** The optional features that this end can use, as `hello.caps` announces them. Spec: 2.4. */
const clientCaps: readonly string[] = ['calls']

/** Where a client session stands. `greeting`: hello is out, welcome is awaited. */
export type ClientSessionState = 'detached' | 'greeting' | 'open'

/** Who a client session is. */
export interface ClientIdentity {
  readonly client: string
  /** New for each life of a program that does not keep its outbox. */
  readonly producer: string
  readonly agent?: string
  /** Asks the hub to forget this client when its session ends. Default false. */
  readonly transient?: boolean
  /** What the hub sends in its name when it is lost. */
  readonly will?: WillFields | undefined
}

/**
 * The client's end of a conversation in the v1 dialects. Pure: frames in, calls of its owner out. It outlives the connections that
 * carry it. Source: spec/protocol.md, sections 3 and 4.
 */
export class ClientSession {
  readonly #identity: ClientIdentity
  readonly #events: ClientSessionEvents
  /** By stream, from the first welcome on. */
  readonly #acks = new Map<string, AckTracker>()
  readonly #seen: DuplicateFilter
  /**
   * What tells the copies of a message apart, by stream: each subscription to channels has a number of its own here, all
   * other streams share one memory for duplicates.
   */
  readonly copies: Map<string, number> = new Map()
  /** Messages at their handlers, with the positions to mark when the handlers are done. */
  readonly #working = new Map<string, Place[]>()
  #state: ClientSessionState = 'detached'
  #resume: { readonly session: string; readonly token: string } | undefined

  /** @param duplicateWindow messages remembered for dropping duplicates */
  constructor(identity: ClientIdentity, events: ClientSessionEvents, duplicateWindow = 4096) {
    this.#identity = identity
    this.#events = events
    this.#seen = new DuplicateFilter(duplicateWindow)
  }

  get state(): ClientSessionState {
    return this.#state
  }

  /** The frame that opens a new connection. It asks to go on where the last one ended. */
  hello(token?: string): HelloFrame {
    this.#state = 'greeting'
    const positions = Object.fromEntries([...this.#acks].map(([stream, { position }]) => [stream, position]))
    return {
      op: 'hello',
      ...this.#identity,
      caps: clientCaps,
      token,
      ...(this.#resume && { resume: { ...this.#resume, positions } }),
    }
  }

  /** The connection is gone. */
  detach(): void {
    this.#state = 'detached'
  }

  /** The session is lost: the next hello asks for a new one. Duplicates are noticed all the same. */
  forget(): void {
    this.#resume = undefined
  }

  /** A subscription has ended. What comes by its stream from now on is of another one, which may begin further back. */
  ended(stream: string): void {
    this.#acks.delete(stream)
    this.copies.delete(stream)
  }

  /** Takes the next frame of the hub. */
  receive(frame: HubFrame | BadFrame | OtherFrame): void {
    if (this.#state === 'detached') return
    switch (frame.op) {
      case 'ping':
        this.#events.write({ op: 'pong', id: frame.id })
        break
      case 'error':
        this.#events.told(errorFromInfo(frame), frame.about)
        break
      case 'goaway':
        this.#events.goaway(frame)
        break
      default:
        if (this.#state === 'open') this.#receiveOpen(frame)
        else this.#receiveGreeting(frame)
    }
  }

  /** Everything of a stream up to where all has been processed may be acknowledged. */
  #acknowledge(places: readonly Place[], back?: GivingBack): void {
    const open = this.#state === 'open'
    // What cannot be given back now comes again by itself.
    if (back && !open) return
    for (const [acks, each] of places) {
      const { stream } = acks
      // Otherwise it comes again, or is wanted no more.
      if (this.#acks.get(stream) !== acks) continue
      const at = stream !== inboxStream && { stream }
      if (back) {
        acks.hold()
        this.#events.write({ op: 'nack', ...at, seq: each, ...back })
      }
      const seq = acks.done(each)
      if (seq !== undefined && open) this.#events.write({ op: 'ack', ...at, seq })
    }
  }

  #receiveOpen(frame: HubFrame | BadFrame | OtherFrame): void {
    switch (frame.op) {
      case 'deliver':
        this.#receiveDeliver(frame)
        break
      case 'sent':
        if ('error' in frame) this.#events.refused(frame.n, errorFromInfo(frame.error))
        else this.#events.confirmed(frame.n, frame.state)
        break
      case 'bad':
        this.#events.told(frame.error)
        break
      case 'welcome':
        this.#unexpected('welcome came twice')
        break
      case 'other':
        this.#hear(frame)
        break
    }
  }

  #receiveGreeting(frame: HubFrame | BadFrame | OtherFrame): void {
    if (frame.op === 'welcome') this.#receiveWelcome(frame)
    else if (frame.op === 'bad' && frame.about === 'welcome') this.#events.broken(frame.error)
    else this.#unexpected(`${frame.op === 'other' ? frame.raw.op : frame.op} came before the welcome`)
  }

  #unexpected(message: string): void {
    this.#events.broken(new PosthouseError('unexpected_frame', message))
  }

  #receiveWelcome(frame: WelcomeFrame): void {
    this.#state = 'open'
    this.#resume = { session: frame.session, token: frame.resumeToken }
    this.#acks.clear()
    for (const [stream, position] of Object.entries(frame.positions)) this.#follow(stream, position)
    this.#events.opened(frame)
  }

  #follow(stream: string, position: Position): AckTracker {
    const acks = new AckTracker(position, stream)
    this.#acks.set(stream, acks)
    return acks
  }

  #receiveDeliver(frame: DeliverFrame): void {
    const { seq, stream = inboxStream, from, id } = frame
    if (seq === undefined) this.#events.deliver(frame)
    // Sender ids hold no control characters, so the parts cannot run into each other.
    else this.#receiveStored(frame, [stream, seq], `${this.copies.get(stream) ?? ''}\n${from}\n${id}`)
  }

  #hear(frame: OtherFrame): void {
    const { op, seq, by, id, state } = frame.raw
    if (typeof seq === 'number') this.#receiveStored(frame, [inboxStream, seq], `\n${op}\n${by}\n${id}\n${state}`)
    else this.#events.hear(frame)
  }

  #receiveStored(frame: DeliverFrame | OtherFrame, [stream, seq]: readonly [string, number], key: string): void {
    // A stream that was asked for on this connection begins with what comes first.
    const epoch = this.#acks.get(inboxStream)?.position.epoch ?? ''
    const acks = this.#acks.get(stream) ?? this.#follow(stream, { epoch, seq: seq - 1 })
    const place = [acks, seq] as const
    if (!acks.arrived(seq)) {
      this.#unexpected(`seq ${seq} of ${stream} came too late`)
      return
    }
    const working = this.#working.get(key)
    if (working !== undefined) {
      // It is acknowledged once the handler that has it is done, however short the memory for duplicates.
      working.push(place)
    } else if (this.#seen.add(key)) {
      const places = [place]
      this.#working.set(key, places)
      const done: Done = (back) => {
        this.#working.delete(key)
        if (back) this.#seen.delete(key)
        this.#acknowledge(places, back)
      }
      if (frame.op === 'other') this.#events.hear(frame, done)
      else this.#events.deliver(frame, done)
    } else {
      this.#acknowledge([place])
    }
  }
}
