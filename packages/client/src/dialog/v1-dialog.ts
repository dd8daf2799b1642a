import { createId, Message, PosthouseError, randomHex, toPosthouseError } from '@posthouse/core'
import {
  type AckFrame,
  type CallFrame,
  type ClientAction,
  type ClientFrame,
  type ClientInfo,
  ClientSession,
  type Codec,
  type DeliverFrame,
  type Draft,
  defaultLimits,
  type Encoded,
  type ErrorFrame,
  fromBodyValue,
  type GoawayFrame,
  type HubFrame,
  type PingFrame,
  packFrames,
  type WelcomeFrame,
  type Wire,
  wireBytes,
} from '@posthouse/protocol'
import type { CallDesk } from '../calls/call-desk.ts'
import type { Liveness } from '../connection/heartbeat.ts'
import type { Later } from '../later.ts'
import type { Settings } from '../settings.ts'
import type { Dialog, DialogEvents, Line } from './dialog.ts'
import { LiveQueue } from './live-queue.ts'
import { PendingSends, type SendResult } from './pending-sends.ts'
import type { RollCallOptions } from './roll-call.ts'
import { V1Parts } from './v1-parts.ts'
import { encodeWithin, sendFrame } from './v1-send.ts'

/** The codec of a v1 dialect at a client. */
export type ClientCodec = Codec<HubFrame, ClientFrame>

/** How long the hub may be silent beyond its heartbeat. Spec: 5.3. */
const graceMs = 10_000

/** A client's conversation in v1 JSON or v1 MessagePack. */
export class V1Dialog implements Dialog {
  readonly dialect: Codec<HubFrame, ClientFrame>['dialect']
  readonly subprotocol: string
  readonly #codec: ClientCodec
  readonly #settings: Settings
  readonly #events: DialogEvents
  readonly #session: ClientSession
  readonly #sends: PendingSends
  readonly #live: LiveQueue
  readonly #parts: V1Parts
  readonly #report = (error: PosthouseError): void => this.#events.watchers.tell('error', error)
  #limits = defaultLimits
  #line: Line | undefined
  /** The newest acknowledgement that has not been written; it covers all before it. */
  #ack: AckFrame | undefined
  /** What the client says about itself, while it has not been written. */
  #state: unknown

  constructor(codec: ClientCodec, settings: Settings, events: DialogEvents) {
    this.dialect = codec.dialect
    this.subprotocol = codec.subprotocol
    this.#codec = codec
    this.#settings = settings
    this.#events = events
    this.#session = new ClientSession({
      client: settings.clientId,
      producer: randomHex(16),
      agent: '@posthouse/client',
      transient: settings.transient,
    })
    this.#sends = new PendingSends(settings.outbox, () => this.#checkIdle())
    this.#live = new LiveQueue(settings.outbox.bytes)
    this.#parts = new V1Parts(settings.clock, events, {
      write: (frame) => this.#write(frame),
      call: (frame) => this.#call(frame),
      line: () => (this.#isOpen ? this.#line : undefined),
    })
  }

  get calls(): Later<CallDesk> {
    return this.#parts.calls
  }

  get idle(): boolean {
    return this.#sends.size === 0 && this.#live.size === 0
  }

  open(line: Line, token: string | undefined): void {
    this.#line = line
    this.#write(this.#session.hello(token))
  }

  receive(message: Wire): void {
    for (const frame of this.#codec.decode(message)) {
      const action = this.#session.receive(frame)
      if (action !== undefined) this.#act(action)
    }
  }

  gather(): readonly Wire[] {
    const frames = this.#live.take()
    if (this.#isOpen) {
      if (this.#state !== undefined) frames.unshift(this.#encoded({ op: 'presence', state: this.#state }))
      this.#state = undefined
      frames.push(...this.#sends.take(this.#limits))
    }
    if (this.#ack !== undefined) frames.push(this.#encoded(this.#ack))
    this.#ack = undefined
    this.#checkIdle()
    return packFrames(frames, this.#codec, this.#limits)
  }

  beat(): void {
    this.#write({ op: 'ping' })
  }

  leave(): void {
    if (this.#isOpen) this.#write({ op: 'bye' })
  }

  cut(): void {
    const error = new PosthouseError('not_connected', 'the connection was lost')
    this.#line = undefined
    this.#ack = undefined
    this.#session.detach()
    this.#sends.restart()
    this.#live.refuseAll(error)
    this.#parts.cut(error)
  }

  forget(): void {
    this.#session.forget()
  }

  end(error: PosthouseError): void {
    this.cut()
    this.#sends.refuseAll(error)
  }

  send(message: Draft, signal?: AbortSignal): Promise<SendResult> {
    const { clock } = this.#settings
    const id = message.id ?? createId(clock.now())
    if (message.qos === 0) return this.#sendLive(message, id, signal)
    const n = this.#sends.next()
    const encoded = encodeWithin(this.#codec, sendFrame(message, id, n), this.#limits)
    const answer = this.#sends.add(n, encoded, { id, signal })
    this.#line?.wake()
    return answer
  }

  list(online: boolean, options: RollCallOptions): Promise<readonly ClientInfo[]> {
    return this.#parts.list(online, options)
  }

  watchPresence(on: boolean): void {
    this.#parts.watchPresence(on)
  }

  setState(state: unknown): void {
    this.#state = state
    this.#line?.wake()
  }

  #sendLive(message: Draft, id: string, signal: AbortSignal | undefined): Promise<SendResult> {
    this.#assertOpen('qos 0 is sent at once or not at all')
    const encoded = encodeWithin(this.#codec, sendFrame(message, id), this.#limits)
    const answer = this.#live.add(encoded, { id, signal, buffered: this.#line?.bufferedBytes ?? 0 })
    this.#line?.wake()
    return answer
  }

  #act(action: ClientAction): void {
    switch (action.do) {
      case 'write':
        this.#reply(action.frame)
        break
      case 'open':
        for (const gap of action.gaps) this.#events.watchers.tell('gap', gap)
        this.#welcomed(action.welcome)
        break
      case 'deliver':
        this.#deliver(action.frame)
        break
      case 'confirm':
        this.#sends.confirm(action.n, action.state)
        this.#answered()
        break
      case 'refuse':
        this.#sends.refuse(action.n, action.error)
        this.#answered()
        break
      case 'hear':
        if (action.frame.op === 'goaway') this.#goaway(action.frame)
        else this.#parts.hear(action.frame)
        break
      case 'report':
        this.#told(action.error, action.about)
        break
      case 'close':
        this.#line?.fail(action.error)
        break
    }
  }

  #reply(frame: AckFrame | PingFrame): void {
    if (frame.op === 'ack') this.#ack = frame
    else this.#write(frame)
    this.#line?.wake()
  }

  #welcomed(frame: WelcomeFrame): void {
    const { resumed, durability, node, limits, caps, serverTime } = frame
    this.#limits = limits
    this.#parts.welcomed(resumed)
    this.#line?.welcomed(this.#liveness(frame), { resumed, durability, node, limits, caps, serverTime })
    this.#line?.wake()
  }

  /** The hub speaks at least every `heartbeatMs`; who wants to notice silence earlier has to ask. */
  #liveness({ heartbeatMs }: WelcomeFrame): Liveness {
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#settings
    const intervalMs = heartbeatIntervalMs ?? (heartbeatTimeoutMs === undefined ? undefined : heartbeatTimeoutMs / 2)
    if (intervalMs === undefined) return { timeoutMs: heartbeatMs + graceMs }
    return { intervalMs, timeoutMs: heartbeatTimeoutMs ?? intervalMs + graceMs }
  }

  #deliver(frame: DeliverFrame): void {
    const done = frame.seq === undefined ? undefined : (): void => this.#processed(frame)
    try {
      this.#events.deliver(messageOf(frame), done)
    } catch (error) {
      this.#report(toPosthouseError(error))
      done?.()
    }
  }

  #processed(frame: DeliverFrame): void {
    const ack = this.#session.processed(frame)
    if (ack !== undefined) this.#reply(ack)
  }

  /** More may go out, or nothing is left. */
  #answered(): void {
    if (this.#sends.size > 0) this.#line?.wake()
    this.#checkIdle()
  }

  #goaway({ reason, reconnectAfterMs }: GoawayFrame): void {
    this.#line?.goaway(reconnectAfterMs)
    this.#events.watchers.tell('goaway', { reason, reconnectAfterMs })
  }

  #told(error: PosthouseError, about: ErrorFrame['about']): void {
    this.#line?.told(error)
    if (!this.#parts.refused(error, about)) this.#report(error)
  }

  #call(frame: CallFrame): number {
    this.#assertOpen('calls are made while connected')
    if (!('body' in frame) || frame.body === undefined) return this.#write(frame)
    const encoded = encodeWithin(this.#codec, { ...frame, body: frame.body }, this.#limits)
    this.#live.assertRoom(encoded.bytes + (this.#line?.bufferedBytes ?? 0))
    return this.#push(encoded)
  }

  #checkIdle(): void {
    if (this.idle) this.#events.rested()
  }

  #write(frame: ClientFrame): number {
    return this.#push(this.#encoded(frame))
  }

  #push(encoded: Encoded): number {
    this.#live.push(encoded)
    this.#line?.wake()
    return encoded.bytes
  }

  #encoded(frame: ClientFrame): Encoded {
    const wire = this.#codec.encode(frame)
    return { wire, bytes: wireBytes(wire) }
  }

  get #isOpen(): boolean {
    return this.#session.state === 'open'
  }

  #assertOpen(rule: string): void {
    if (!this.#isOpen) throw new PosthouseError('not_connected', `${rule}; there is no connection now`)
  }
}

function messageOf({ id, from, to, type, body, ts, headers, replyTo, attempt }: DeliverFrame): Message {
  const value = fromBodyValue(type, body.format === 'value' ? body.value : body.bytes)
  return new Message({ id, from, to, type, body: value, ts, headers, replyTo, attempt })
}
