import { BusyMap, type Clock, isErrorCode, PosthouseError, type Timer } from '@posthouse/core'
import type { Socket } from 'socket.io-client'
import { isRecord, readResponse } from './call-request.ts'
import { type PendingCall, unknownOutcome } from './pending-call.ts'

/** What a connection needs of its owner. */
export interface SocketConnectionOptions {
  readonly clock: Clock
  readonly silenceMs: number
  /** Told once, when the connection is there no more. */
  readonly lost: (error: PosthouseError) => void
}

/** What an original takes in one message, in bytes; it drops the connection of who sends more. */
const originalBytes = 1_000_000
/** For the other fields of a request, in bytes. */
const envelopeBytes = 4096

interface Carried {
  readonly call: PendingCall
  /** The connection was lost under it. */
  readonly lost: () => void
  /** The server has refused to take it, for now. */
  readonly untaken: () => void
}

/** One Socket.IO connection to a server of calls, a Posthouse or an original; the calls on it go with it. */
export class SocketConnection {
  readonly #socket: Socket
  readonly #options: SocketConnectionOptions
  readonly #calls = new BusyMap<string, Carried>()
  /** Shared with the calls that were sent here: a late welcome counts for them too. */
  readonly #trace: { store: string | undefined } = { store: undefined }
  #maxBytes = originalBytes
  #welcomed: () => void = () => undefined
  #timer: Timer | undefined
  #heard = false
  #asked = false
  #over = false

  /** @param socket that is about to connect. */
  constructor(socket: Socket, options: SocketConnectionOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('apiResponse', (response: unknown) => this.#answer(response))
    socket.on('api:item', (item: unknown) => this.#item(item))
    socket.on('api:progress', (progress: unknown) => this.#progress(progress))
    socket.on('api:refused', (refusal: unknown) => this.#refused(refusal))
    socket.on('api:welcome', (welcome: unknown) => this.#welcome(welcome))
    socket.on('disconnect', (reason) =>
      this.#end(new PosthouseError('not_connected', `the socket was lost: ${reason}`)),
    )
  }

  /** What remembers results at the other end; nothing where that is an original. */
  get store(): string | undefined {
    return this.#trace.store
  }

  /** Resolves when the other end has shown itself to be a Posthouse, or has not done so for `ms`. */
  async introduced(ms: number): Promise<void> {
    if (this.store !== undefined) return
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(ms, resolve)
      this.#welcomed = () => {
        timer[Symbol.dispose]()
        resolve()
      }
    })
  }

  /**
   * Sends a call. Resolves with true where the connection was lost under it, with false when it has ended.
   * @throws PosthouseError `body_too_large`, `unknown_outcome`
   */
  carry(call: PendingCall): Promise<boolean> {
    call.assertFits(this.#maxBytes - envelopeBytes)
    if (!call.mayGoTo(this.store))
      throw unknownOutcome(call.draft.api, 'the server does not remember what it was sent before')
    return new Promise((resolve) => {
      const { id, trace } = call
      const lost = (): void => {
        call.leave = undefined
        resolve(true)
      }
      const untaken = (): void => {
        call.trace = trace
        lost()
      }
      this.#calls.set(id, { call, lost, untaken })
      call.leave = (answered) => {
        this.#calls.delete(id)
        if (!answered && this.store !== undefined) this.#socket.emit('api:cancel', { request_id: id })
        resolve(false)
      }
      call.credited = () => this.#credit(call)
      const request = call.request('socket', call.draft.callbackUrl, this.store === undefined)
      call.trace ??= this.#trace
      this.#socket.emit('api', request)
      call.handed()
      this.#watch()
    })
  }

  close(): void {
    this.#over = true
    this.#timer?.[Symbol.dispose]()
    this.#socket.disconnect()
  }

  #welcome(welcome: unknown): void {
    if (!isRecord(welcome) || typeof welcome.store !== 'string') return
    this.#trace.store = welcome.store
    if (typeof welcome.maxBytes === 'number') this.#maxBytes = welcome.maxBytes
    this.#welcomed()
  }

  #answer(value: unknown): void {
    this.#heard = true
    const response = readResponse(value)
    // Of calls that nobody here waits for: an original tells results of others to everyone.
    const carried = response && this.#calls.get(response.request_id)
    if (response === undefined || carried === undefined) return
    if (response.code !== 'draining') {
      carried.call.answer(response)
      return
    }
    // The server is about to leave and has not taken it.
    this.#calls.delete(response.request_id)
    carried.untaken()
  }

  /** The token does not hold any more: the call was not taken, and goes with the next connection, which shows another one. */
  #refused(value: unknown): void {
    if (!isRecord(value)) return
    const { request_id, code, message } = value
    const carried = this.#calls.get(String(request_id))
    this.#calls.delete(String(request_id))
    this.#end(new PosthouseError(isErrorCode(code) ? code : 'unauthenticated', String(message)))
    carried?.untaken()
    this.#socket.disconnect()
  }

  #item(value: unknown): void {
    this.#heard = true
    if (!isRecord(value) || typeof value.n !== 'number') return
    this.#calls.get(String(value.request_id))?.call.item(value.n, value.item)
  }

  #progress(value: unknown): void {
    this.#heard = true
    if (isRecord(value)) this.#calls.get(String(value.request_id))?.call.progress(value.progress)
  }

  #credit({ id, draft }: PendingCall): void {
    if (this.store === undefined) return
    this.#socket.emit('api:credit', { request_id: id, credit: draft.items?.credit })
  }

  /** Looks now and then whether the other end is still there, while calls wait. An original cannot be asked. */
  #watch(): void {
    if (this.#timer !== undefined || this.store === undefined) return
    this.#heard = true
    this.#asked = false
    this.#tick()
  }

  #tick(): void {
    this.#timer = this.#options.clock.after(this.#options.silenceMs, () => {
      this.#timer = undefined
      if (this.#over || this.#calls.size === 0) return
      if (this.#heard) this.#asked = false
      else if (this.#asked) return this.#giveUp()
      else {
        this.#asked = true
        this.#socket.emit('api:ping', {}, () => (this.#heard = true))
      }
      this.#heard = false
      this.#tick()
    })
  }

  #giveUp(): void {
    this.#end(new PosthouseError('heartbeat_timeout', 'the server has not been heard of while calls waited'))
    this.#socket.disconnect()
  }

  #end(error: PosthouseError): void {
    if (this.#over) return
    this.#over = true
    this.#timer?.[Symbol.dispose]()
    const carried = [...this.#calls.values()]
    this.#calls.clear()
    // First its owner: the calls look for another door at once.
    this.#options.lost(error)
    for (const { lost } of carried) lost()
  }
}
