import { type ErrorCode, PosthouseError } from '@posthouse/core'
import { bodyMisfit } from '../frame/body-form.ts'
import type { CallFrame } from '../frame/call-frames.ts'
import type { BadFrame } from '../frame/codec.ts'
import { errorFrame, errorInfo } from '../frame/error-info.ts'
import type {
  ClientFrame,
  HubFrame,
  Limits,
  NackFrame,
  SendFrame,
  SentFrame,
  SentState,
  WelcomeFrame,
} from '../frame/frames.ts'
import { inboxStream, isQueueStream } from '../frame/frames.ts'
import type { MembershipFrame } from '../frame/membership-frames.ts'
import type { ListFrame, PresenceRequestFrame } from '../frame/presence-frames.ts'
import type { ReadFrame } from '../frame/receipt-frames.ts'
import { DeliveryStreams } from './delivery-streams.ts'
import { sendConflict } from './send-conflict.ts'
import { SentLedger } from './sent-ledger.ts'

/** What a session asks its hub to do. The session itself touches no socket, store or clock. */
export type HubAction =
  | { readonly do: 'write'; readonly frame: HubFrame }
  /** Route this message; answer with `settle` where it has an `n`. */
  | { readonly do: 'publish'; readonly frame: SendFrame }
  /** Remember that `n` was refused, then `settle` it. */
  | { readonly do: 'refuse'; readonly n: number; readonly error: PosthouseError }
  /** Of the inbox where no stream is named. */
  | { readonly do: 'acknowledge'; readonly seq: number; readonly stream?: string }
  /** One message is to come again later; by its attempts where no delay is named. Of the inbox where no stream is named. */
  | { readonly do: 'return'; readonly seq: number; readonly stream?: string; readonly delayMs?: number }
  /** A message was read. */
  | { readonly do: 'read'; readonly frame: ReadFrame }
  | { readonly do: 'list'; readonly frame: ListFrame }
  | { readonly do: 'watch'; readonly on: boolean }
  /** What the client says about itself from now on. */
  | { readonly do: 'state'; readonly state: unknown }
  /** The client comes to, or leaves, a group, channels or a queue. */
  | { readonly do: 'membership'; readonly frame: MembershipFrame }
  /** Of a call: the client asks, answers, gives up or takes more. */
  | { readonly do: 'call'; readonly frame: CallFrame }
  /** The client leaves for good: end the session, close the connection. */
  | { readonly do: 'leave' }
  | { readonly do: 'close'; readonly error: PosthouseError }

/** What became of a message, as `settle` is told. */
export type SendOutcome = { readonly state: SentState } | { readonly state: 'refused'; readonly error: PosthouseError }

/** What the hub knows when a client has said hello and was let in. */
export type Admission = Omit<WelcomeFrame, 'op' | 'client' | 'session' | 'limits'>

/** Where a session stands. `detached`: its connection was lost and it may be resumed. */
export type HubSessionState = 'fresh' | 'open' | 'detached' | 'ended'

/** The optional features that this end of the protocol serves, as `welcome.caps` announces them. Spec: 2.4. */
export const hubCaps: readonly string[] = ['calls', 'channels', 'delivery', 'groups', 'list', 'presence', 'queues']

/**
 * The hub's end of one client's conversation in the v1 dialects. Pure: frames in, actions out. It outlives the
 * connections that carry it. Source: spec/protocol.md, sections 3 and 4.
 */
export class HubSession {
  readonly id: string
  readonly client: string
  readonly #limits: Limits
  readonly #streams: DeliveryStreams
  readonly #sent = new SentLedger()
  #state: HubSessionState = 'fresh'

  constructor(options: { readonly id: string; readonly client: string; readonly limits: Limits }) {
    this.id = options.id
    this.client = options.client
    this.#limits = options.limits
    this.#streams = new DeliveryStreams(options.limits.windowMessages, options.limits.windowBytes)
  }

  get state(): HubSessionState {
    return this.#state
  }

  /** True while the client may be sent another stored message. False is our backpressure: the inbox keeps the rest. */
  get ready(): boolean {
    return this.#state === 'open' && this.#streams.open
  }

  /** The newest position of a stream that the client was sent on its last connection; 0 where it does not follow it. */
  newest(stream: string): number {
    return this.#streams.of(stream)?.newest ?? 0
  }

  /**
   * Begins or goes on with the conversation on a new connection. What was under way on the old one counts as not sent:
   * the client resends, the inbox is read again from the acknowledged position.
   */
  attach(admission: Admission): WelcomeFrame {
    this.#assertLiving()
    this.#state = 'open'
    this.#streams.restart(admission.positions)
    this.#sent.restart()
    return { op: 'welcome', client: this.client, session: this.id, limits: this.#limits, ...admission }
  }

  /** The connection is gone. */
  detach(): void {
    if (this.#state === 'open') this.#state = 'detached'
  }

  /** Nothing more will come or go. */
  end(): void {
    this.#state = 'ended'
  }

  /** Takes the next frame of the client. In any state but `open` nothing has an effect. */
  receive(frame: ClientFrame | BadFrame): readonly HubAction[] {
    if (this.#state !== 'open') return []
    switch (frame.op) {
      case 'send':
        return this.#receiveSend(frame)
      case 'ack':
        return this.#receiveAck(frame.seq, frame.stream)
      case 'nack':
        return this.#receiveNack(frame)
      case 'receipt':
        return [{ do: 'read', frame }]
      case 'bad':
        return this.#receiveBad(frame)
      case 'hello':
        return this.#receiveSecondHello()
      case 'list':
        return [{ do: 'list', frame }]
      case 'presence':
        return presenceActions(frame)
      case 'join':
      case 'leave':
      case 'subscribe':
      case 'unsubscribe':
        return [{ do: 'membership', frame }]
      case 'request':
      case 'response':
      case 'cancel':
      case 'credit':
        return [{ do: 'call', frame }]
      case 'ping':
        return [{ do: 'write', frame: { op: 'pong', ...(frame.id !== undefined && { id: frame.id }) } }]
      case 'pong':
        return []
      case 'bye':
        return [{ do: 'leave' }]
    }
  }

  /** Says what became of message `n`, and returns the `sent` frames that may now go out. Order of `n` is kept. */
  settle(n: number, outcome: SendOutcome): readonly SentFrame[] {
    const answer = outcome.state === 'refused' ? { error: errorInfo(outcome.error) } : outcome
    return this.#sent.settle(n, answer)
  }

  /** Stored messages that the client was sent and has not acknowledged. */
  get unacknowledged(): number {
    return this.#streams.size
  }

  /** True while the client has acknowledged all it was sent. */
  get idle(): boolean {
    return this.#streams.size === 0
  }

  /**
   * Counts a stored message as sent to the client, of its inbox where no stream is named. Call it only while `ready`, for
   * a stream that is followed, in the order of `seq`.
   */
  delivered(seq: number, bytes: number, stream?: string): void {
    this.#streams.of(stream)?.push(seq, bytes)
  }

  /** Takes one message out of turn; false where the client has not been sent it, or has acknowledged it. */
  release(seq: number, stream?: string): boolean {
    return this.#streams.of(stream)?.release(seq) ?? false
  }

  /** From now on the client is sent what comes after `seq` of this stream; `attach` names those that are followed by then. */
  follow(stream: string, seq: number): void {
    if (this.#state === 'open') this.#streams.follow(stream, seq)
  }

  /** Nothing more of this stream is sent. */
  unfollow(stream: string): void {
    this.#streams.unfollow(stream)
  }

  #receiveSend(frame: SendFrame): readonly HubAction[] {
    const error = this.#refusal(frame)
    if ((frame.qos ?? 1) === 0) {
      if (frame.n !== undefined) return [fault('invalid_field', 'send: n goes with qos 1 only', frame)]
      if (error === undefined) return [{ do: 'publish', frame }]
      return [{ do: 'write', frame: errorFrame(error, 'send', frame.id) }]
    }
    if (frame.n === undefined) return [fault('invalid_field', 'send: n is missing; qos 1 needs it', frame)]
    const broken = this.#open(frame.n, frame)
    if (broken !== undefined) return [broken]
    return error === undefined ? [{ do: 'publish', frame }] : [{ do: 'refuse', n: frame.n, error }]
  }

  #refusal(frame: SendFrame): PosthouseError | undefined {
    const conflict = sendConflict(frame)
    if (conflict !== undefined) return conflict
    const body = frame.body
    if (body.format === 'value') return undefined
    if (body.bytes.byteLength > this.#limits.bodyBytes) {
      const message = `the body has ${body.bytes.byteLength} bytes; at most ${this.#limits.bodyBytes} are allowed`
      return new PosthouseError('body_too_large', message)
    }
    const misfit = bodyMisfit(frame.type, body)
    return misfit === undefined ? undefined : new PosthouseError('invalid_body', misfit)
  }

  /** Enters `n` into the ledger, or says why it cannot be. */
  #open(n: number, about: { readonly op: string; readonly id?: string }): HubAction | undefined {
    if (n <= this.#sent.last) {
      return fault('unexpected_frame', `n ${n} came after n ${this.#sent.last}; it must grow on a connection`, about)
    }
    if (this.#sent.size >= this.#limits.inFlight) {
      const message = `more than ${this.#limits.inFlight} messages without sent`
      return { do: 'close', error: new PosthouseError('window_exceeded', message) }
    }
    this.#sent.open(n)
    return undefined
  }

  #receiveAck(seq: number, stream: string | undefined): readonly HubAction[] {
    const window = this.#streams.of(stream)
    if (window === undefined) {
      if (this.#streams.ended(stream)) return []
      return [
        fault('unsupported', `ack of the stream ${JSON.stringify(stream)}, which this client does not follow`, {
          op: 'ack',
        }),
      ]
    }
    // What a worker had may be another's by now. Spec: 4.4.5.
    if (seq > window.newest && !isQueueStream(stream ?? inboxStream)) {
      const message = `ack of ${seq}, but ${window.newest} is the newest that was delivered`
      return [fault('unexpected_frame', message, { op: 'ack' })]
    }
    if (!window.acknowledge(seq)) return []
    if (stream === undefined || stream === inboxStream) return [{ do: 'acknowledge', seq }]
    return [{ do: 'acknowledge', seq, stream }]
  }

  #receiveNack({ seq, stream, delayMs }: NackFrame): readonly HubAction[] {
    const window = this.#streams.of(stream)
    if (window === undefined) {
      if (this.#streams.ended(stream)) return []
      return [
        fault('unsupported', `nack of the stream ${JSON.stringify(stream)}, which this client does not follow`, {
          op: 'nack',
        }),
      ]
    }
    if (!window.release(seq)) {
      return [fault('unexpected_frame', `nack of ${seq}, which is not waiting to be acknowledged`, { op: 'nack' })]
    }
    const named = stream !== undefined && stream !== inboxStream
    return [{ do: 'return', seq, ...(named && { stream }), ...(delayMs !== undefined && { delayMs }) }]
  }

  #receiveBad(frame: BadFrame): readonly HubAction[] {
    if (frame.about === 'hello') return this.#receiveSecondHello()
    if (frame.n === undefined) return [{ do: 'write', frame: errorFrame(frame.error, frame.about, frame.id) }]
    const broken = this.#open(frame.n, { op: frame.about, ...(frame.id !== undefined && { id: frame.id }) })
    return [broken ?? { do: 'refuse', n: frame.n, error: frame.error }]
  }

  #receiveSecondHello(): readonly HubAction[] {
    const message = `a second hello came; this connection is that of ${this.client}`
    return [{ do: 'close', error: new PosthouseError('unexpected_frame', message) }]
  }

  #assertLiving(): void {
    if (this.#state === 'ended') throw new PosthouseError('session_lost', `session ${this.id} has ended`)
  }
}

function presenceActions({ watch, state }: PresenceRequestFrame): readonly HubAction[] {
  const actions: HubAction[] = []
  if (state !== undefined) actions.push({ do: 'state', state })
  if (watch !== undefined) actions.push({ do: 'watch', on: watch })
  return actions
}

function fault(code: ErrorCode, message: string, about: { readonly op: string; readonly id?: string }): HubAction {
  return { do: 'write', frame: errorFrame(new PosthouseError(code, message), about.op, about.id) }
}
