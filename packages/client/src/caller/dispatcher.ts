import { BusyMap, PosthouseError, toPosthouseError } from '@posthouse/core'
import type { CallSettings } from './call-settings.ts'
import type { CallMode, CallWatchers } from './call-watchers.ts'
import { HttpDoor } from './http-door.ts'
import { type PendingCall, unknownOutcome } from './pending-call.ts'
import { SocketDoor } from './socket-door.ts'

/** Calls that have ended and are still known, so that a callback that comes late or twice has no effect. */
const mostEnded = 10_000

/** Sends each call through the socket, or over HTTP while there is none, and again where that was lost: until it has ended. */
export class Dispatcher {
  readonly #settings: CallSettings
  readonly #watchers: CallWatchers
  readonly #socket: SocketDoor | undefined
  readonly #http: HttpDoor | undefined
  readonly #calls = new BusyMap<string, PendingCall>()
  readonly #ended = new Set<string>()
  #mode: CallMode = 'offline'
  /** Somebody has asked for a connection since the last `close`. */
  #begun = false

  constructor(settings: CallSettings, watchers: CallWatchers) {
    const { socketUrl, httpUrl } = settings
    this.#settings = settings
    this.#watchers = watchers
    this.#http = httpUrl === undefined ? undefined : new HttpDoor({ settings: { ...settings, httpUrl } })
    this.#socket =
      socketUrl === undefined
        ? undefined
        : new SocketDoor({
            settings: { ...settings, socketUrl },
            hasOther: httpUrl !== undefined,
            changed: (error) => this.#changed(error),
          })
  }

  get mode(): CallMode {
    return this.#mode
  }

  /** Calls under way. */
  get size(): number {
    return this.#calls.size
  }

  find(id: string): PendingCall | undefined {
    return this.#calls.get(id)
  }

  /** Whether a call of this client has ended, as far as that is remembered. */
  hasEnded(id: string): boolean {
    return this.#ended.has(id)
  }

  /**
   * Connects the socket, or finds out that HTTP has to do.
   * @throws PosthouseError `unreachable`, `unauthenticated`, `forbidden`, `closed`
   */
  async connect(): Promise<void> {
    this.#begun = true
    const refused = await this.#connectSocket()
    if (refused === undefined) return
    try {
      if (this.#http === undefined || refused.code !== 'unreachable') throw refused
      await this.#http.learn()
      this.#changed(refused)
    } catch (thrown) {
      const error = toPosthouseError(thrown, 'unreachable')
      this.#end(error)
      throw error
    }
  }

  /** @throws PosthouseError `invalid_option`, `too_many_calls` */
  assertRoom(id: string): void {
    const { maxPending } = this.#settings
    if (this.#calls.has(id))
      throw new PosthouseError('invalid_option', `a call ${JSON.stringify(id)} is under way already`)
    if (this.#calls.size >= maxPending) throw new PosthouseError('too_many_calls', `${maxPending} calls are under way`)
  }

  add(call: PendingCall): void {
    const forget = (): void => this.#forget(call.id)
    this.#calls.set(call.id, call)
    // Before whoever waits for the result hears of it: the id is free by then.
    call.done.then(forget, forget)
    if (this.#socket === undefined) this.#beginWithout()
    void this.#carry(call)
  }

  /** Ends everything that is under way. */
  close(): void {
    this.#end(closed())
  }

  #end(reason: PosthouseError): void {
    this.#begun = false
    for (const call of [...this.#calls.values()]) call.fail(reason)
    this.#socket?.close()
    this.#changed()
  }

  /** Where there is HTTP only, nothing need be connected. */
  #beginWithout(): void {
    this.#begun = true
    this.#changed()
  }

  async #carry(call: PendingCall): Promise<void> {
    try {
      for (let losses = 0; !call.ended; losses++) {
        if (losses > 0) await this.#pause(call, losses)
        // A call that ended meanwhile, as all do when the client is disconnected, opens no door.
        const door = call.ended ? closedDoor : await this.#door(call)
        if (!call.ended) await door.carry(call)
      }
    } catch (thrown) {
      const error = toPosthouseError(thrown)
      const isLost = call.trace !== undefined && error.code !== 'unknown_outcome'
      call.fail(isLost ? unknownOutcome(call.draft.api, error.message) : error)
    }
  }

  /** The door for a call, once there is one. @throws PosthouseError where there will be none */
  async #door(call: PendingCall): Promise<Pick<HttpDoor, 'carry'>> {
    const socket = this.#socket
    if (socket === undefined || (this.#http !== undefined && call.draft.byCallback)) return this.#http ?? closedDoor
    if (socket.state === 'idle' && !(this.#begun && this.#http !== undefined)) await this.#begin()
    while (!call.ended) {
      const open = socket.connection ?? (socket.promising ? undefined : this.#http)
      if (open !== undefined) return open
      if (socket.state === 'idle') throw socket.error
      await call.wait((wake) => socket.onChange(wake))
    }
    return closedDoor
  }

  /** The first call connects by itself. @throws PosthouseError where there is no other way */
  async #begin(): Promise<void> {
    this.#begun = true
    const refused = await this.#connectSocket()
    if (refused !== undefined && this.#http === undefined) throw refused
  }

  /** Between two attempts; the second comes at once where a socket was lost. */
  async #pause(call: PendingCall, losses: number): Promise<void> {
    const { attempts, backoff } = this.#settings
    const isOverHttp = this.#socket?.connection === undefined && this.#http !== undefined
    if (!isOverHttp && losses === 1) return
    if (call.trace === undefined && losses > Math.max(attempts, 1) && this.#http !== undefined) throw this.#http.error
    await call.pause(backoff(losses), (wake) => this.#onOnline(wake))
  }

  #onOnline(wake: () => void): Disposable {
    const socket = this.#socket
    if (socket === undefined) return { [Symbol.dispose]: () => undefined }
    return socket.onChange(() => socket.state === 'online' && wake())
  }

  /** Why there is no socket; nothing where there is one. Where HTTP can do meanwhile, the socket is looked for on. */
  async #connectSocket(): Promise<PosthouseError | undefined> {
    if (this.#socket === undefined) return new PosthouseError('unreachable', 'there is no socketUrl')
    try {
      await this.#socket.connect()
      return undefined
    } catch (error) {
      if (this.#http !== undefined && this.#begun) this.#socket.seek()
      return toPosthouseError(error)
    }
  }

  #changed(error?: PosthouseError): void {
    const online = this.#socket?.state === 'online'
    const mode = online
      ? 'socket'
      : this.#begun && this.#http !== undefined && !this.#socket?.promising
        ? 'http'
        : 'offline'
    if (mode === this.#mode) return
    this.#mode = mode
    this.#settings.logger.info(`calls travel: ${mode}`, error && { reason: error.message })
    this.#watchers.tell('mode', { mode, ...(error && { error }) })
  }

  #forget(id: string): void {
    this.#calls.delete(id)
    if (this.#settings.callbackUrl === undefined) return
    this.#ended.add(id)
    for (const oldest of this.#ended) {
      if (this.#ended.size <= mostEnded) return
      this.#ended.delete(oldest)
    }
  }
}

function closed(): PosthouseError {
  return new PosthouseError('closed', 'the client was disconnected')
}

/** For a call that has ended meanwhile. */
const closedDoor = { carry: () => Promise.resolve(false) }
