import type { Socket } from 'node:net'
import type { Clock, Timer } from '@posthouse/core'

interface Progress {
  /** Bytes that the client had taken when it last took any. */
  taken: number
  since: number
}

const sweepMs = 1000

/** Cuts connections of clients that let a response wait and take nothing of it. */
export class StallGuard implements Disposable {
  readonly #clock: Clock
  readonly #limit: number
  readonly #sockets = new Map<Socket, Progress>()
  #timer: Timer | undefined

  /** @param limit how long a client may take nothing of what waits for it, in ms; 0 for no end */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  /** Watches a connection until it ends. */
  watch(socket: Socket): void {
    if (this.#limit === 0) return
    this.#sockets.set(socket, { taken: 0, since: this.#clock.elapsed() })
    socket.once('close', () => this.#sockets.delete(socket))
    this.#timer ??= this.#wait()
  }

  /** Leaves a connection to whoever took it over. */
  forget(socket: Socket): void {
    this.#sockets.delete(socket)
  }

  [Symbol.dispose](): void {
    this.#sockets.clear()
    this.#timer?.[Symbol.dispose]()
  }

  #wait(): Timer {
    return this.#clock.after(sweepMs, () => this.#sweep()).unref()
  }

  #sweep(): void {
    const now = this.#clock.elapsed()
    for (const [socket, progress] of this.#sockets) {
      const taken = socket.bytesWritten - socket.writableLength
      if (socket.writableLength === 0 || taken !== progress.taken) {
        progress.taken = taken
        progress.since = now
      } else if (now - progress.since >= this.#limit) {
        socket.destroy()
      }
    }
    this.#timer = this.#sockets.size > 0 ? this.#wait() : undefined
  }
}
