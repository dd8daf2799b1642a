import { BusyMap, PosthouseError } from '@posthouse/core'
import type { Socket } from 'socket.io'
import type { Belief } from '../access/belief.ts'
import { type Answer, failure } from '../call/answer.ts'
import type { CallDesk } from '../call/call-desk.ts'
import { addressOf, type IncomingCall, isCount, isRecord, readCall, requestIdOf } from '../call/incoming-call.ts'
import { type Addressed, responseOf, responseText } from '../call/response.ts'
import type { RunningCall } from '../call/running-call.ts'
import type { CallerSockets } from './caller-sockets.ts'
import { holdsBytes } from './holds-bytes.ts'
import { Outgoing } from './outgoing.ts'
import { PacketSizes } from './packet-sizes.ts'
import { readAhead } from './read-ahead.ts'
import { type Reply, WaitingCall, type Watching } from './waiting-call.ts'

/** The type of its packets in protocol 5 of Socket.IO. */
const acknowledgement = 3

/** What a socket works with. */
export interface CallSocketOptions {
  readonly desk: CallDesk
  readonly sockets: CallerSockets
  readonly payloadBytes: number
  readonly belief: Belief
  /** True where one of our own programs is at the other end. */
  readonly ours: boolean
  /** True where the caller can come back for its answers. */
  readonly known: boolean
}

/** Failures of a token in whose place there may be another one. */
const renewable: ReadonlySet<string> = new Set(['token_expired', 'token_revoked'])

/** The calls of one connection: the events of document 000, and beside them those that only our own programs know. */
export class CallSocket {
  readonly #socket: Socket
  readonly #options: CallSocketOptions
  readonly #waiting = new BusyMap<string, WaitingCall>()
  readonly #sizes = new PacketSizes()
  readonly #outgoing: Outgoing
  readonly #presence: Disposable | undefined
  readonly #watching: Watching

  constructor(socket: Socket, options: CallSocketOptions) {
    this.#socket = socket
    this.#options = options
    const { desk, ours, known, payloadBytes, sockets } = options
    this.#outgoing = new Outgoing(socket.conn)
    this.#watching = {
      ended: (waiting, answer) => this.#ended(waiting, answer),
      progress: ours ? (request_id, progress) => this.#emit('api:progress', { request_id, progress }) : undefined,
      item: (request_id, n, item) => this.#emit('api:item', { request_id, n, item }),
    }
    if (ours) this.#emit('api:welcome', { v: 1, store: desk.storeId, maxBytes: payloadBytes })
    if (known) this.#presence = sockets.enter(this.#caller, (response) => this.#deliver(response))
    // Before all that the library does for listeners, of which there are none.
    socket.use(([event, ...args]) => this.#receive(event, args))
    const reading = readAhead(socket.conn, {
      // As by the library, what comes behind the end of a connection is not looked at.
      plain: ({ value, ack, size }) => socket.connected && this.#take(value, size, ack === -1 ? undefined : ack),
      other: (packet) => this.#sizes.add(packet),
    })
    socket.once('disconnect', () => {
      reading[Symbol.dispose]()
      this.#leave()
      this.#outgoing[Symbol.dispose]()
    })
  }

  #receive(event: string, args: readonly unknown[]): void {
    const last = args.at(-1)
    const reply = typeof last === 'function' ? (last as (response: object) => void) : undefined
    const [value] = args
    const size = this.#sizes.take()
    if (event === 'api') this.#take(value, size, reply)
    else if (event === 'api:credit') this.#grant(value)
    else if (event === 'api:cancel') this.#cancel(value)
    else if (event === 'api:ping') reply?.({})
  }

  #take(value: unknown, size: number, reply: Reply): void {
    try {
      const { payloadBytes } = this.#options
      if (size > payloadBytes) {
        throw new PosthouseError('body_too_large', `a call has at most ${payloadBytes} bytes, not ${size}`)
      }
      this.#admit(readCall(value), reply)
    } catch (error) {
      this.#send(addressOf(value, 'null'), failure(error), reply)
    }
  }

  #admit(call: IncomingCall, reply: Reply): void {
    if (this.#options.belief.fresh) this.#begin(call, reply)
    else
      this.#asked(
        () => this.#begin(call, reply),
        (error) => this.#refuse(call, failure(error), reply),
      )
  }

  /** Our own programs come back with another token, and send again what was not taken. */
  #refuse(call: IncomingCall, answer: Answer, reply: Reply): void {
    if (this.#options.ours && !answer.ok && renewable.has(answer.code)) {
      const { code, message } = answer
      this.#emit('api:refused', { request_id: call.requestId, code, message })
    } else this.#send(call, answer, reply)
  }

  /** Finds out who the caller is before something is done. Whoever may not be here any more is sent away. */
  #asked(act: () => void, refuse: (error: unknown) => void): void {
    this.#options.belief.renew().then(act, (error: unknown) => {
      refuse(error)
      this.#socket.disconnect()
    })
  }

  #begin(call: IncomingCall, reply: Reply): void {
    const { desk, belief, ours } = this.#options
    const waiting = new WaitingCall(call, reply, this.#watching)
    this.#forget(call.requestId)
    const run = desk.take(belief.caller, call, { watcher: waiting, ours })
    if (run === undefined || run.answer !== undefined) return
    waiting.run = run
    this.#waiting.set(call.requestId, waiting)
  }

  #ended(waiting: WaitingCall, answer: Answer): void {
    const { call, reply, run } = waiting
    if (run !== undefined && this.#waiting.get(call.requestId) === waiting) this.#waiting.delete(call.requestId)
    this.#send(call, answer, reply)
  }

  /** The answer goes to the one that asked last. */
  #forget(requestId: string): void {
    const before = this.#waiting.get(requestId)
    if (before === undefined) return
    this.#waiting.delete(requestId)
    before.run?.leave(before)
  }

  #send(call: Addressed, answer: Answer, reply: Reply): void {
    const { ours } = this.#options
    if (typeof reply === 'function') reply(responseOf(call, answer, ours))
    else if ((answer.ok && holdsBytes(answer.value)) || holdsBytes(call.callbackFunc)) {
      this.#sendBytes(responseOf(call, answer, ours), reply)
    } else this.#outgoing.say(reply ?? 'apiResponse', responseText(call, answer, ours))
  }

  #sendBytes(response: object, ack: number | undefined): void {
    const { conn, nsp } = this.#socket
    if (ack === undefined) this.#socket.emit('apiResponse', response)
    else {
      const packets = nsp.server.encoder.encode({ type: acknowledgement, nsp: nsp.name, id: ack, data: [response] })
      for (const packet of packets) conn.write(packet)
    }
  }

  #emit(event: string, value: object): void {
    if (holdsBytes(value)) this.#socket.emit(event, value)
    else this.#outgoing.say(event, JSON.stringify(value))
  }

  /** A stream that is taken on and on goes no further than its caller may be here. */
  #grant(value: unknown): void {
    const run = this.#find(value)
    if (run === undefined || !isRecord(value) || !isCount(value.credit)) return
    const { desk, belief } = this.#options
    const { credit } = value
    if (belief.fresh) desk.grant(run, credit)
    else
      this.#asked(
        () => desk.grant(run, credit),
        () => undefined,
      )
  }

  #cancel(value: unknown): void {
    const run = this.#find(value)
    if (run !== undefined) this.#options.desk.cancel(run)
  }

  /** Only a call of the same caller is found. */
  #find(value: unknown): RunningCall | undefined {
    const id = requestIdOf(value)
    return id === undefined ? undefined : this.#options.desk.find(this.#caller, id)
  }

  get #caller(): string {
    return this.#options.belief.caller.id
  }

  /** A response that another connection of the caller has asked for. */
  #deliver(response: object): void {
    const { belief, sockets } = this.#options
    const socket = this.#socket
    const say = (): void => this.#emit('apiResponse', response)
    const hand = (): void => {
      this.#presence?.[Symbol.dispose]()
      sockets.deliver(this.#caller, response)
    }
    if (belief.fresh) say()
    else this.#asked(() => (socket.connected ? say() : hand()), hand)
  }

  /** The connection is gone; what is under way goes on, can be asked for again, or waits for the caller. */
  #leave(): void {
    this.#presence?.[Symbol.dispose]()
    for (const waiting of this.#waiting.values()) {
      const { run, reply } = waiting
      if (run === undefined) continue
      this.#options.desk.leave(run, waiting)
      if (reply === undefined && run.line === undefined && run.watchers.length === 0) this.#keepAnswer(run)
    }
    this.#waiting.clear()
  }

  #keepAnswer(run: RunningCall): void {
    const { known, sockets, ours } = this.#options
    const caller = this.#caller
    if (!known) return
    // Whoever has asked again meanwhile gets it there.
    const ended = (answer: Answer): void => {
      if (run.watchers.length <= 1) sockets.deliver(caller, responseOf(run.call, answer, ours))
    }
    run.watchers.push({ ended })
  }
}
