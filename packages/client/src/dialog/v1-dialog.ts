import { createId, PosthouseError, randomHex, toPosthouseError } from '@posthouse/core'
import {
  type AckFrame,
  type ClientCodec,
  type ClientFrame,
  ClientSession,
  type ClientSessionEvents,
  type DeliverFrame,
  type Done,
  type Draft,
  defaultLimits,
  type Encoded,
  type ErrorFrame,
  type GoawayFrame,
  isQueueStream,
  type OtherFrame,
  packFrames,
  type WelcomeFrame,
  type Wire,
  wireBytes,
} from '@posthouse/protocol'
import type { Liveness } from '../connection/heartbeat.ts'
import { Later } from '../later.ts'
import type { SendOptions } from '../send-options.ts'
import type { Settings } from '../settings.ts'
import type { Dialog, DialogEvents, Line } from './dialog.ts'
import { messageOf } from './message-of.ts'
import { type Outbox, type SendResult, Sends, tooLarge } from './sends.ts'
import type { V1Parts } from './v1-parts.ts'
import { sendFrame } from './v1-send.ts'

/** How long the hub may be silent beyond its heartbeat. Spec: 5.3. */
const graceMs = 10_000

/** Takes the deliveries of one stream. */
export interface Taker {
  /** @throws PosthouseError `invalid_body` */
  take(frame: DeliverFrame, done?: Done): void
}

/** A client's conversation in v1 JSON or v1 MessagePack. */
export class V1Dialog implements Dialog, ClientSessionEvents {
  // Only declared: what a class defines and then assigns is said twice to each page.
  declare readonly subprotocols: string[]
  declare readonly parts: Later<V1Parts>
  declare readonly codec: ClientCodec
  declare readonly settings: Settings
  declare readonly events: DialogEvents
  declare readonly session: ClientSession
  readonly #sends: Sends
  /** Takes what is sent with qos 1: the sends, unless they are to outlive the program. */
  declare outbox: Outbox
  #limits = defaultLimits
  #line: Line | undefined
  /** Who takes the deliveries of a stream; all others are for the listeners. */
  readonly takers: Map<string | undefined, Taker> = new Map()
  /** Of each stream the newest acknowledgement that has not been written, which covers all before it; of queues each. */
  readonly #acks = new Map<unknown, AckFrame>()

  constructor(codec: ClientCodec, settings: Settings, events: DialogEvents, producer: string = randomHex(16)) {
    this.subprotocols = [codec.subprotocol]
    this.codec = codec
    this.settings = settings
    this.events = events
    const { clientId: client, transient, will } = settings
    this.session = new ClientSession({ client, producer, agent: '@posthouse/client', transient, will }, this)
    this.#sends = new Sends(settings.outbox, events.rested)
    this.outbox = this.#sends
    this.parts = new Later(async () => {
      const { V1Parts } = await import('./v1-parts.ts')
      return new V1Parts(this)
    })
  }

  /** The open connection, if any. */
  get openLine(): Line | undefined {
    return this.session.state === 'open' ? this.#line : undefined
  }

  get idle(): boolean {
    return this.#sends.idle
  }

  open(line: Line, token: string | undefined): void {
    this.#line = line
    this.write(this.session.hello(token))
  }

  receive(message: Wire): void {
    for (const frame of this.codec.decode(message)) this.session.receive(frame)
  }

  gather(): readonly Wire[] {
    const frames = this.#sends.takeLive()
    if (this.openLine) frames.push(...this.#sends.takeKept(this.#limits))
    for (const ack of this.#acks.values()) frames.push(this.#encoded(ack))
    this.#acks.clear()
    this.events.rested()
    return packFrames(frames, this.codec, this.#limits)
  }

  beat(): void {
    this.write({ op: 'ping' })
  }

  leave(): void {
    if (this.openLine) this.write({ op: 'bye' })
  }

  cut(): void {
    const error = new PosthouseError('not_connected', 'the connection was lost')
    this.#line = undefined
    this.#acks.clear()
    this.session.detach()
    this.#sends.cut(error)
    this.parts.loaded?.fail(error)
  }

  forget(): void {
    this.session.forget()
  }

  end(error: PosthouseError): void {
    this.cut()
    this.#sends.end(error)
  }

  send(message: Draft, options: SendOptions): Promise<SendResult> {
    const { signal } = options
    const id = message.id ?? createId(this.settings.clock.now())
    const live = message.qos === 0
    if (live && !this.openLine) throw new PosthouseError('not_connected', 'qos 0 needs a connection')
    const n = live ? undefined : this.outbox.next()
    const encoded = this.#encoded(sendFrame(message, options, { id, n }))
    if (live) this.#assertRoom(encoded)
    const caller = { id, signal }
    const answer = n === undefined ? this.#sends.add(encoded, caller) : this.outbox.keep(encoded, caller, n)
    this.#line?.wake()
    return answer
  }

  /**
   * Has a frame written, of several acknowledgements of a stream only the last, and returns how many bytes it takes.
   * @throws PosthouseError `body_too_large`, `frame_too_large`, `outbox_full`
   */
  write(frame: ClientFrame): number {
    if (frame.op === 'ack') {
      this.#acks.set(isQueueStream(frame.stream ?? '') ? frame : frame.stream, frame)
      this.#line?.wake()
      return 0
    }
    const encoded = this.#encoded(frame)
    if ('body' in frame) this.#assertRoom(encoded)
    this.#sends.push(encoded)
    this.#line?.wake()
    return encoded.bytes
  }

  opened(frame: WelcomeFrame): void {
    const { resumed, durability, node, limits, caps, serverTime, gaps = [] } = frame
    for (const gap of gaps) this.events.watchers.tell('gap', gap)
    this.#limits = limits
    this.parts.loaded?.welcomed(frame)
    this.#line?.welcomed(this.#liveness(frame), { resumed, durability, node, limits, caps, serverTime })
    this.#line?.wake()
  }

  deliver(frame: DeliverFrame, done?: Done): void {
    try {
      const taker = this.takers.get(frame.stream)
      if (taker) taker.take(frame, done)
      else this.events.deliver(messageOf(frame), done)
    } catch (error) {
      this.events.watchers.fail(toPosthouseError(error))
      done?.()
    }
  }

  confirmed(n: number, state: SendResult['state']): void {
    this.#sends.confirm(n, state)
    this.#answered()
  }

  refused(n: number, error: PosthouseError): void {
    this.#sends.refuse(n, error)
    this.#answered()
  }

  goaway({ reason, reconnectAfterMs }: GoawayFrame): void {
    this.#line?.goaway(reconnectAfterMs)
    this.events.watchers.tell('goaway', { reason, reconnectAfterMs })
  }

  hear(frame: OtherFrame, done?: Done): void {
    const line = this.#line
    const { loaded } = this.parts
    const report = (error: PosthouseError): void => {
      this.events.watchers.fail(error)
      done?.()
    }
    if (loaded) loaded.hear(frame, done)
    // What is stored is worth telling although the connection that it came by is gone.
    else this.parts.load().then((parts) => (done || line === this.#line) && parts.hear(frame, done), report)
  }

  told(error: PosthouseError, about?: ErrorFrame['about']): void {
    this.#line?.told(error)
    if (!this.parts.loaded?.refused(error, about)) this.events.watchers.fail(error)
  }

  broken(error: PosthouseError): void {
    this.#line?.fail(error)
  }

  /** The hub speaks at least every `heartbeatMs`; who wants to notice silence earlier has to ask. */
  #liveness({ heartbeatMs }: WelcomeFrame): Liveness {
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.settings
    const intervalMs = heartbeatIntervalMs ?? (heartbeatTimeoutMs && heartbeatTimeoutMs / 2)
    return { intervalMs, timeoutMs: heartbeatTimeoutMs ?? (intervalMs ?? heartbeatMs) + graceMs }
  }

  /** More may go out, or nothing is left. */
  #answered(): void {
    this.#line?.wake()
    this.events.rested()
  }

  /** A frame that the hub will not close the connection for. */
  #encoded(frame: ClientFrame): Encoded {
    const { frameBytes } = this.#limits
    const wire = this.codec.encode(frame)
    const bytes = wireBytes(wire)
    if (bytes > frameBytes) throw tooLarge(bytes, frameBytes)
    return { wire, bytes }
  }

  #assertRoom({ bytes }: Encoded): void {
    this.#sends.assertRoom(bytes + (this.#line?.bufferedBytes ?? 0))
  }
}
