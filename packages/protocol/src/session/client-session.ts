import { PosthouseError } from '@posthouse/core'
import type { BadFrame } from '../frame/codec.ts'
import { errorFromInfo } from '../frame/error-info.ts'
import type {
  AckFrame,
  CallFrame,
  DeliverFrame,
  ErrorFrame,
  Gap,
  GoawayFrame,
  HelloFrame,
  HubFrame,
  ListedFrame,
  PingFrame,
  PresenceFrame,
  SentFrame,
  WelcomeFrame,
} from '../frame/frames.ts'
import { inboxStream } from '../frame/frames.ts'
import { AckTracker } from './ack-tracker.ts'
import { DuplicateFilter } from './duplicate-filter.ts'

/** What a client session asks its owner to do. The session itself touches no socket and no clock. */
export type ClientAction =
  | { readonly do: 'write'; readonly frame: AckFrame | PingFrame }
  /** The conversation is open; what the outbox holds may go out. */
  | { readonly do: 'open'; readonly welcome: WelcomeFrame; readonly gaps: readonly Gap[] }
  /** Hand this to the handlers, then call `processed` with it. */
  | { readonly do: 'deliver'; readonly frame: DeliverFrame }
  /** Everything up to `n` that is still unanswered was accepted. */
  | { readonly do: 'confirm'; readonly n: number; readonly state: 'stored' | 'duplicate' }
  | { readonly do: 'refuse'; readonly n: number; readonly error: PosthouseError }
  /** The session has no part in this: who is there, a farewell, or a call. */
  | { readonly do: 'hear'; readonly frame: PresenceFrame | ListedFrame | GoawayFrame | CallFrame }
  /** The hub told of an error, or sent something that this end does not understand. The connection lives on. */
  | { readonly do: 'report'; readonly error: PosthouseError; readonly about?: ErrorFrame['about'] }
  /** The hub broke the protocol: close the connection with this error's close code. */
  | { readonly do: 'close'; readonly error: PosthouseError }

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
  /** Messages remembered for dropping duplicates. Default 4,096. */
  readonly duplicateWindow?: number
}

/**
 * The client's end of a conversation in the v1 dialects. Pure: frames in, actions out. It outlives the connections that
 * carry it. Source: spec/protocol.md, sections 3 and 4.
 */
export class ClientSession {
  readonly #identity: ClientIdentity
  readonly #acks = new AckTracker()
  readonly #seen: DuplicateFilter
  /** Messages at their handlers, with the positions to mark when the handlers are done. */
  readonly #working = new Map<string, number[]>()
  #state: ClientSessionState = 'detached'
  #resume: { readonly session: string; readonly token: string } | undefined

  constructor(identity: ClientIdentity) {
    this.#identity = identity
    this.#seen = new DuplicateFilter(identity.duplicateWindow ?? 4096)
  }

  get state(): ClientSessionState {
    return this.#state
  }

  /** The frame that opens a new connection. It asks to go on where the last one ended. */
  hello(token?: string): HelloFrame {
    this.#state = 'greeting'
    const { client, producer, agent, transient = false } = this.#identity
    const position = this.#acks.position
    return {
      op: 'hello',
      client,
      caps: clientCaps,
      producer,
      ...(agent !== undefined && { agent }),
      ...(transient && { transient }),
      ...(token !== undefined && { token }),
      ...(this.#resume && { resume: { ...this.#resume, positions: position ? { [inboxStream]: position } : {} } }),
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

  /** Takes the next frame of the hub, and says what it asks for, if anything. */
  receive(frame: HubFrame | BadFrame): ClientAction | undefined {
    if (this.#state === 'detached') return undefined
    if (this.#state === 'greeting') return this.#receiveGreeting(frame)
    switch (frame.op) {
      case 'deliver':
        return this.#receiveDeliver(frame)
      case 'sent':
        return this.#receiveSent(frame)
      case 'ping':
        return pong(frame)
      case 'error':
        return report(frame)
      case 'bad':
        return frame.error.code === 'unknown_op' ? undefined : { do: 'report', error: frame.error }
      case 'welcome':
        return { do: 'close', error: new PosthouseError('unexpected_frame', 'a second welcome came') }
      case 'receipt':
      case 'pong':
        return undefined
      default:
        return { do: 'hear', frame }
    }
  }

  /**
   * The handlers are done with this message. Returns the acknowledgement that may now go out: everything up to its
   * position has been processed.
   */
  processed(frame: DeliverFrame): AckFrame | undefined {
    const key = keyOf(frame)
    const seqs = this.#working.get(key) ?? []
    this.#working.delete(key)
    return this.#acknowledge(seqs)
  }

  #acknowledge(seqs: readonly number[]): AckFrame | undefined {
    let position: number | undefined
    for (const seq of seqs) position = this.#acks.done(seq) ?? position
    return position === undefined || this.#state !== 'open' ? undefined : { op: 'ack', seq: position }
  }

  #receiveGreeting(frame: HubFrame | BadFrame): ClientAction | undefined {
    if (frame.op === 'welcome') return this.#receiveWelcome(frame)
    if (frame.op === 'error') return report(frame)
    if (frame.op === 'ping') return pong(frame)
    if (frame.op === 'goaway') return { do: 'hear', frame }
    if (frame.op === 'bad' && frame.about === 'welcome') return { do: 'close', error: frame.error }
    const message = `welcome was expected, ${frame.op === 'bad' ? frame.about || 'something else' : frame.op} came`
    return { do: 'close', error: new PosthouseError('unexpected_frame', message) }
  }

  #receiveWelcome(frame: WelcomeFrame): ClientAction | undefined {
    this.#state = 'open'
    this.#resume = { session: frame.session, token: frame.resumeToken }
    this.#acks.restart(frame.positions[inboxStream])
    // Positions of the old connection mean nothing now; what is under way comes again and is entered anew.
    for (const key of this.#working.keys()) this.#working.set(key, [])
    return { do: 'open', welcome: frame, gaps: frame.gaps ?? [] }
  }

  #receiveDeliver(frame: DeliverFrame): ClientAction | undefined {
    if (frame.seq === undefined) return { do: 'deliver', frame }
    if (frame.stream !== undefined && frame.stream !== inboxStream) {
      const message = `stream ${JSON.stringify(frame.stream)} was not asked for`
      return { do: 'close', error: new PosthouseError('unexpected_frame', message) }
    }
    if (!this.#acks.arrived(frame.seq)) {
      const message = `seq ${frame.seq} came after seq ${this.#acks.newest}`
      return { do: 'close', error: new PosthouseError('unexpected_frame', message) }
    }
    const key = keyOf(frame)
    // What is at a handler is known for certain, however short the memory for duplicates.
    if (this.#working.has(key) || !this.#seen.add(key)) return this.#receiveAgain(key, frame.seq)
    this.#working.set(key, [frame.seq])
    return { do: 'deliver', frame }
  }

  /** A message that a handler has or had already. It is acknowledged once that handler is done. */
  #receiveAgain(key: string, seq: number): ClientAction | undefined {
    const working = this.#working.get(key)
    if (working !== undefined) {
      working.push(seq)
      return undefined
    }
    const ack = this.#acknowledge([seq])
    return ack === undefined ? undefined : { do: 'write', frame: ack }
  }

  #receiveSent(frame: SentFrame): ClientAction | undefined {
    if ('error' in frame) return { do: 'refuse', n: frame.n, error: errorFromInfo(frame.error) }
    return { do: 'confirm', n: frame.n, state: frame.state }
  }
}

/** Sender ids hold no control characters, so the two parts cannot run into each other. */
function keyOf(frame: DeliverFrame): string {
  return `${frame.from}\n${frame.id}`
}

function pong(ping: PingFrame): ClientAction {
  return { do: 'write', frame: { op: 'pong', ...(ping.id !== undefined && { id: ping.id }) } }
}

function report(frame: ErrorFrame): ClientAction {
  return { do: 'report', error: errorFromInfo(frame), ...(frame.about && { about: frame.about }) }
}
