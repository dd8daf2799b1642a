import { PosthouseError, type Timer, toPosthouseError } from '@posthouse/core'
import { openSocket, type SocketSettings } from './open-socket.ts'
import type { SocketConnection } from './socket-connection.ts'

/** Where a socket door stands. `waiting`: between two attempts. */
export type SocketState = 'idle' | 'connecting' | 'online' | 'waiting'

/** What a door needs of its owner. */
export interface SocketDoorOptions {
  readonly settings: SocketSettings
  /** Calls can go another way meanwhile, so that the socket is looked for without end. */
  readonly hasOther: boolean
  /** The state has changed. */
  readonly changed: (error?: PosthouseError) => void
}

/** Keeps one connection to the socket: seeks a lost one, and gives up where that is wanted. */
export class SocketDoor {
  readonly #options: SocketDoorOptions
  readonly #listeners = new Set<() => void>()
  #state: SocketState = 'idle'
  #connection: SocketConnection | undefined
  #attempt: { readonly promise: Promise<void>; readonly controller: AbortController } | undefined
  #timer: Timer | undefined
  #failures = 0
  /** Attempts are made without being asked for. */
  #seeking = false
  #error = new PosthouseError('not_connected', 'the socket was never connected')

  constructor(options: SocketDoorOptions) {
    this.#options = options
  }

  get state(): SocketState {
    return this.#state
  }

  get connection(): SocketConnection | undefined {
    return this.#connection
  }

  /** Why there is no connection. */
  get error(): PosthouseError {
    return this.#error
  }

  /** Somebody has asked for the attempt that is under way: calls wait for it although there is another way. */
  get promising(): boolean {
    return this.#state === 'connecting' && !this.#seeking
  }

  /** Calls `listener` at each change of the state. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /**
   * Connects, or joins the attempt that is under way.
   * @throws PosthouseError `unreachable`, `unauthenticated`, `forbidden`, `closed`
   */
  connect(): Promise<void> {
    if (this.#state === 'online') return Promise.resolve()
    this.#timer?.[Symbol.dispose]()
    return this.#try()
  }

  /** Goes on looking by itself after a first attempt that failed. */
  seek(): void {
    if (this.#state !== 'idle') return
    this.#seeking = true
    this.#failures = 1
    this.#wait()
  }

  close(): void {
    this.#timer?.[Symbol.dispose]()
    this.#attempt?.controller.abort()
    this.#attempt = undefined
    this.#connection?.close()
    this.#connection = undefined
    this.#rest()
    this.#error = new PosthouseError('not_connected', 'the client was disconnected')
    this.#enter('idle')
  }

  #try(): Promise<void> {
    if (this.#attempt !== undefined) return this.#attempt.promise
    const controller = new AbortController()
    const attempt = { promise: this.#open(controller.signal), controller }
    this.#attempt = attempt
    this.#enter('connecting')
    return attempt.promise
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { settings } = this.#options
    try {
      const connection = await openSocket(settings, { signal, lost: (error) => this.#lost(error) })
      // Between its last look and this one, the door may have been closed.
      if (signal.aborted) {
        connection.close()
        throw new PosthouseError('closed', 'the client was disconnected')
      }
      this.#attempt = undefined
      this.#connection = connection
      this.#rest()
      this.#enter('online')
    } catch (thrown) {
      const error = toPosthouseError(thrown, 'unreachable')
      // Whoever closed the door has left it in order.
      if (!signal.aborted) {
        this.#attempt = undefined
        this.#error = error
        this.#failures++
        if (this.#seeking) this.#wait()
        else this.#enter('idle', error)
      }
      throw error
    }
  }

  #lost(error: PosthouseError): void {
    this.#connection = undefined
    this.#error = error
    this.#seeking = true
    this.#failures = 1
    this.#wait()
  }

  #wait(): void {
    const { settings, hasOther } = this.#options
    const { attempts, backoff, clock, delayMaxMs } = settings
    if (attempts === 0 || (this.#failures > attempts && !hasOther)) {
      this.#rest()
      this.#enter('idle', this.#error)
      return
    }
    const waitMs = this.#failures > attempts ? delayMaxMs : backoff(this.#failures)
    this.#timer = clock.after(waitMs, () => {
      this.#try().catch(() => undefined)
    })
    this.#enter('waiting', this.#error)
  }

  #rest(): void {
    this.#seeking = false
    this.#failures = 0
  }

  #enter(state: SocketState, error?: PosthouseError): void {
    this.#state = state
    this.#options.changed(error)
    for (const listener of [...this.#listeners]) listener()
  }
}
