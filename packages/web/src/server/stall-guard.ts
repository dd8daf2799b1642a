import type { Socket } from 'node:net'
import { BusyMap, type Clock, type Timer } from '@posthouse/core'

interface Progress {
  /** How many have asked for it to be watched. */
  watchers: number
  readonly onClose: () => void
  /** Bytes that the client had taken when it last took any. */
  taken: number
  since: number
}

const sweepMs = 1000

/** Cuts connections of clients that let a response wait and take nothing of it. */
export class StallGuard implements Disposable {
  readonly #clock: Clock
  readonly #limit: number
  readonly #sockets = new BusyMap<Socket, Progress>()
  #timer: Timer | undefined

  /** @param limit how long a client may take nothing of what waits for it, in ms; 0 for no end */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  /** Watches a connection until it ends, or as many have left it as have asked for it. */
  watch(socket: Socket): void {
    if (this.#limit === 0) return
    const known = this.#sockets.get(socket)
    if (known !== undefined) {
      if (known.watchers++ === 0) known.since = this.#clock.elapsed()
      return
    }
    const onClose = (): void => void this.#sockets.delete(socket)
    this.#sockets.set(socket, { watchers: 1, onClose, taken: 0, since: this.#clock.elapsed() })
    socket.once('close', onClose)
    this.#timer ??= this.#wait()
  }

  /** Ends a `watch` of a connection of somebody else's server, which may be used for other answers from now on. */
  leave(socket: Socket): void {
    const progress = this.#sockets.get(socket)
    // Most are watched again soon; those that are not are left at the next look.
    if (progress !== undefined) progress.watchers--
  }

  /** Leaves a connection to whoever took it over. */
  forget(socket: Socket): void {
    const progress = this.#sockets.get(socket)
    if (progress === undefined) return
    socket.off('close', progress.onClose)
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
    for (const [socket, progress] of this.#sockets.entries()) {
      const taken = socket.bytesWritten - socket.writableLength
      if (progress.watchers === 0) this.forget(socket)
      else if (socket.writableLength === 0 || taken !== progress.taken) {
        progress.taken = taken
        progress.since = now
      } else if (now - progress.since >= this.#limit) {
        socket.destroy()
      }
    }
    this.#timer = this.#sockets.size > 0 ? this.#wait() : undefined
  }
}
