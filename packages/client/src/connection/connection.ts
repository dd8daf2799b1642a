import { PosthouseError, reasonOf, type Timer, toPosthouseError } from '@posthouse/core'
import type { Dialog, Line, Welcome } from '../dialog/dialog.ts'
import type { Later } from '../later.ts'
import type { Settings } from '../settings.ts'
import { type CloseAction, closeAction, closeError } from './close-code.ts'
import { Heartbeat, type Liveness } from './heartbeat.ts'
import { open, reasonLength, soon, toWire, type WebSocketLike } from './web-socket.ts'

/** How a connection came to its end. */
export interface Ending {
  readonly error: PosthouseError
  readonly action: CloseAction
  /** How long the hub wants to be left alone, in milliseconds. */
  readonly afterMs: number
  /** How long the client was welcome, in milliseconds. */
  readonly onlineMs: number
}

/** What a connection tells its owner. */
export interface ConnectionEvents {
  welcomed(welcome: Welcome | undefined): void
  /** Told once, and not where the owner ended it. */
  ended(ending: Ending): void
}

/** How long the hub has to answer our close, in milliseconds. */
const closeTimeoutMs = 2000

/** One attempt to reach the hub and, if it succeeds, the live connection until its end. */
export class Connection implements Line {
  readonly #settings: Settings
  readonly #source: Later<Dialog>
  readonly #events: ConnectionEvents
  #timer: Timer | undefined
  #dialog: Dialog | undefined
  #socket: WebSocketLike | undefined
  /** What the platform said of the last error, if anything. */
  #cause: unknown
  #woken = false
  #heartbeat: Heartbeat | undefined
  #welcomedAt: number | undefined
  #afterMs = 0
  #told: PosthouseError | undefined
  #over = false
  #closed: (() => void) | undefined

  constructor(settings: Settings, source: Later<Dialog>, events: ConnectionEvents) {
    this.#settings = settings
    this.#source = source
    this.#events = events
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  start(): void {
    const { clock, connectTimeoutMs } = this.#settings
    this.#timer = clock.after(connectTimeoutMs, () => {
      this.#abandon(1000)
      this.#end(this.#unreachable(`sent no welcome within ${connectTimeoutMs} ms`))
    })
    void this.#open()
  }

  wake(): void {
    if (this.#woken) return
    this.#woken = true
    soon(() => {
      this.#woken = false
      this.#flush()
    })
  }

  welcomed(liveness: Liveness, welcome?: Welcome): void {
    const { clock } = this.#settings
    this.#timer?.[Symbol.dispose]()
    this.#welcomedAt = clock.elapsed()
    this.#heartbeat = new Heartbeat(clock, liveness, {
      beat: () => this.#dialog?.beat(),
      silent: (ms) => this.fail(new PosthouseError('heartbeat_timeout', `the hub was silent for ${Math.round(ms)} ms`)),
    })
    this.#events.welcomed(welcome)
  }

  goaway(reconnectAfterMs: number): void {
    this.#afterMs = reconnectAfterMs
  }

  told(error: PosthouseError): void {
    this.#told = error
  }

  fail(error: PosthouseError): void {
    this.#abandon(error.facts.closeCode ?? 4400, error.message)
    this.#end(error)
  }

  /** Gives up at once; the owner is not told. */
  abort(): void {
    this.#over = true
    this.#abandon(1000)
    this.#release()
  }

  /** Writes what waits, says good-bye and closes; resolves when the socket is gone, after 2 s at the latest. */
  async close(): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#flush()
    this.#dialog?.leave()
    this.#flush()
    this.#release()
    if (this.#socket === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#closed = resolve
    this.#socket.close(1000)
    const timer = this.#settings.clock.after(closeTimeoutMs, () => {
      this.#abandon(1000)
      resolve()
    })
    await promise
    timer[Symbol.dispose]()
  }

  async #open(): Promise<void> {
    try {
      const dialog = await this.#source.load()
      const token = await this.#token()
      if (!this.#over) this.#connect(dialog, token)
    } catch (error) {
      this.#end(toPosthouseError(error))
    }
  }

  async #token(): Promise<string | undefined> {
    const { token } = this.#settings
    if (typeof token !== 'function') return token
    try {
      return await token()
    } catch (cause) {
      const reason = reasonOf(cause)
      throw new PosthouseError('unauthenticated', `no token: ${reason}`, { cause })
    }
  }

  #connect(dialog: Dialog, token: string | undefined): void {
    const { WebSocket, url } = this.#settings
    const socket = new WebSocket(url, dialog.subprotocols)
    this.#dialog = dialog
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      dialog.open(this, token)
      this.#flush()
    }
    socket.onmessage = (event: { readonly data: unknown }) => this.#received(dialog, event.data)
    socket.onerror = (event: { readonly error?: unknown }) => {
      this.#cause = event.error
    }
    socket.onclose = (event: { readonly code: number; readonly reason: string }) => this.#lost(event)
  }

  /** Writes what waits, now. */
  #flush(): void {
    if (this.#socket?.readyState !== open) return
    for (const message of this.#dialog?.gather() ?? []) {
      // Encoders allocate their output; it is never backed by shared memory.
      this.#socket.send(message as string | Uint8Array<ArrayBuffer>)
    }
  }

  /** Closes and hears nothing more of the socket. For peers that may be silent for ever. */
  #abandon(code: number, reason = ''): void {
    const socket = this.#socket
    if (socket === undefined) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close(code, reason.slice(0, reasonLength).toWellFormed())
  }

  #received(dialog: Dialog, data: unknown): void {
    this.#heartbeat?.heard()
    try {
      dialog.receive(toWire(data))
    } catch (error) {
      this.fail(toPosthouseError(error))
    }
  }

  #lost(close: { readonly code: number; readonly reason: string }): void {
    this.#closed?.()
    const { code } = close
    const unanswered = code === 1006 && !this.#heartbeat
    const error = unanswered ? this.#unreachable('does not answer') : closeError(close, this.#told)
    this.#end(error, closeAction(code))
  }

  #end(error: PosthouseError, action: CloseAction = 'backoff'): void {
    if (this.#over) return
    this.#over = true
    const now = this.#settings.clock.elapsed()
    const onlineMs = now - (this.#welcomedAt ?? now)
    this.#release()
    this.#events.ended({ error, action, afterMs: this.#afterMs, onlineMs })
  }

  #release(): void {
    this.#timer?.[Symbol.dispose]()
    this.#heartbeat?.[Symbol.dispose]()
    this.#dialog?.cut()
  }

  #unreachable(problem: string): PosthouseError {
    const { origin } = new URL(this.#settings.url)
    return new PosthouseError('unreachable', `the hub at ${origin} ${problem}`, { cause: this.#cause })
  }
}
