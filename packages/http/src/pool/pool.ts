import { type Clock, PosthouseError, type Timer } from '@posthouse/core'
import type { Connection, OpenConnection } from '../transport/connection.ts'
import type { PoolLimits } from './pool-options.ts'

/** A connection in the pool, and what it is doing. */
export interface Line {
  readonly connection: Connection
  readonly origin: Origin
  /** Requests on it. */
  running: number
  /** True where it stands among those that can take another request. */
  free: boolean
  /** False from the moment that it must not be used again. */
  alive: boolean
  idleSince: number
}

interface Origin {
  readonly name: string
  /** Those with room for another request; the last was used last. */
  readonly free: Line[]
  lines: number
}

interface Waiter {
  readonly origin: Origin
  readonly resolve: (line: Line) => void
  readonly reject: (error: Error) => void
}

/** What a pool is doing. */
export interface PoolStats {
  readonly connections: number
  readonly idle: number
  readonly running: number
  readonly queued: number
}

/**
 * Idle connections above `maxIdle` stay for so long, in milliseconds. Where many requests come at a time, more than that are idle between
 * any two of them, and would be opened again at once.
 */
const surplusMs = 200

/** The connections of a client: how many there are, which is used next, and who waits for one. */
export class Pool {
  readonly #open: OpenConnection
  readonly #limits: PoolLimits
  readonly #clock: Clock
  readonly #origins = new Map<string, Origin>()
  readonly #lines = new Set<Line>()
  /** In the order in which they became idle. */
  readonly #idle = new Set<Line>()
  readonly #waiters = new Set<Waiter>()
  #running = 0
  #sweep: Timer | undefined
  #sweepAt = Number.POSITIVE_INFINITY
  #closed: PosthouseError | undefined

  constructor(open: OpenConnection, limits: PoolLimits, clock: Clock) {
    this.#open = open
    this.#limits = limits
    this.#clock = clock
  }

  get stats(): PoolStats {
    const { size: connections } = this.#lines
    return { connections, idle: this.#idle.size, running: this.#running, queued: this.#waiters.size }
  }

  /**
   * A connection for one request, or `undefined` where it must wait for one.
   * @throws `closed`
   */
  take(name: string): Line | undefined {
    if (this.#closed !== undefined) throw this.#closed
    const origin = this.#origin(name)
    const line = this.#free(origin) ?? this.#made(origin)
    return line === undefined ? undefined : this.#lend(line)
  }

  /**
   * The next connection that becomes free; `onWaiting` gets a function with which to leave the queue.
   * @throws `pool_full`, and what one leaves with
   */
  wait(name: string, onWaiting: (leave: (reason: Error) => void) => void): Promise<Line> {
    if (this.#waiters.size >= this.#limits.maxQueue) {
      const message = `${this.#waiters.size} requests wait for a connection already, as many as pool.maxQueue allows`
      return Promise.reject(new PosthouseError('pool_full', message))
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { origin: this.#origin(name), resolve, reject }
      this.#waiters.add(waiter)
      onWaiting((reason) => {
        if (this.#waiters.delete(waiter)) reject(reason)
      })
    })
  }

  /** Gives a connection back after a request. One that is `spent` is closed. */
  giveBack(line: Line, spent: boolean): void {
    line.running--
    this.#running--
    if (spent && line.alive)
      this.discard(line, new PosthouseError('aborted', 'the request on this connection ended early'))
    if (line.alive) this.#rest(line)
    if (this.#waiters.size > 0) this.#serve()
  }

  /** Closes a connection and forgets it. */
  discard(line: Line, reason: Error): void {
    if (!line.alive) return
    line.alive = false
    this.#lines.delete(line)
    this.#idle.delete(line)
    if (line.free) line.origin.free.splice(line.origin.free.indexOf(line), 1)
    line.free = false
    if (--line.origin.lines === 0 && line.origin.free.length === 0) this.#forget(line.origin)
    line.connection.destroy(reason)
  }

  /** Ends every request and closes every connection. */
  close(): void {
    this.#closed ??= closed()
    const reason = this.#closed
    for (const waiter of this.#waiters) waiter.reject(reason)
    this.#waiters.clear()
    this.#sweep?.[Symbol.dispose]()
    this.#sweep = undefined
    for (const line of [...this.#lines]) this.discard(line, reason)
  }

  #origin(name: string): Origin {
    let origin = this.#origins.get(name)
    if (origin === undefined) {
      origin = { name, free: [], lines: 0 }
      this.#origins.set(name, origin)
    }
    return origin
  }

  #forget(origin: Origin): void {
    for (const waiter of this.#waiters) if (waiter.origin === origin) return
    this.#origins.delete(origin.name)
  }

  /** The one that was used last: the others may then grow old and go. */
  #free(origin: Origin): Line | undefined {
    for (let line = origin.free.at(-1); line !== undefined; line = origin.free.at(-1)) {
      if (line.running > 0 || this.#clock.elapsed() - line.idleSince < this.#limits.idleMs) return line
      this.discard(line, expired())
    }
    return undefined
  }

  #made(origin: Origin): Line | undefined {
    if (origin.lines >= this.#limits.maxPerOrigin) return undefined
    if (this.#lines.size >= this.#limits.maxConnections && !this.#makeRoom()) return undefined
    // `#makeRoom` may have closed the last line of this origin, and so forgotten it.
    this.#origins.set(origin.name, origin)
    const connection = this.#open(origin.name)
    const line: Line = { connection, origin, running: 0, free: true, alive: true, idleSince: 0 }
    origin.free.push(line)
    origin.lines++
    this.#lines.add(line)
    connection.dispatcher.on('connect', () => this.#onConnect(line))
    connection.dispatcher.on('disconnect', () => this.#onDisconnect(line))
    return line
  }

  #makeRoom(): boolean {
    const [oldest] = this.#idle
    if (oldest === undefined) return false
    this.discard(oldest, new PosthouseError('closed', 'another server needs the place of this connection'))
    return true
  }

  #lend(line: Line): Line {
    if (line.running++ === 0) this.#idle.delete(line)
    this.#running++
    if (line.running >= line.connection.capacity) {
      const { free } = line.origin
      if (free.at(-1) === line) free.pop()
      else free.splice(free.indexOf(line), 1)
      line.free = false
    }
    return line
  }

  #rest(line: Line): void {
    if (!line.free && line.running < line.connection.capacity) {
      line.free = true
      line.origin.free.push(line)
    }
    if (line.running > 0) return
    line.idleSince = this.#clock.elapsed()
    this.#idle.add(line)
    if (this.#waiters.size > 0) return
    if (this.#limits.maxIdle === 0) this.#makeRoom()
    const dueAt = line.idleSince + this.#patienceMs
    if (dueAt < this.#sweepAt) this.#sweepLater()
  }

  /** Gives what is free to those that wait, first come, first served, as far as their servers have room. */
  #serve(): void {
    for (const waiter of this.#waiters) {
      const line = this.#free(waiter.origin) ?? this.#made(waiter.origin)
      if (line !== undefined) {
        this.#waiters.delete(waiter)
        waiter.resolve(this.#lend(line))
      } else if (this.#lines.size >= this.#limits.maxConnections && this.#idle.size === 0) return
    }
  }

  #onConnect(line: Line): void {
    if (!line.alive || line.free || line.running >= line.connection.capacity) return
    line.free = true
    line.origin.free.push(line)
    if (this.#waiters.size > 0) this.#serve()
  }

  /** A request that runs hears of it by itself; one that was not sent yet connects anew. */
  #onDisconnect(line: Line): void {
    if (line.running > 0) return
    this.discard(line, expired())
    if (this.#waiters.size > 0) this.#serve()
  }

  /** How long the connection that has been idle for longest may still be. */
  get #patienceMs(): number {
    const { idleMs, maxIdle } = this.#limits
    return this.#idle.size > maxIdle ? Math.min(surplusMs, idleMs) : idleMs
  }

  #sweepLater(): void {
    const [oldest] = this.#idle
    if (oldest === undefined) return
    const dueAt = oldest.idleSince + this.#patienceMs
    if (dueAt >= this.#sweepAt) return
    this.#sweepAt = dueAt
    this.#sweep?.[Symbol.dispose]()
    this.#sweep = this.#clock.after(Math.max(0, dueAt - this.#clock.elapsed()), () => this.#sweepNow()).unref()
  }

  #sweepNow(): void {
    this.#sweep = undefined
    this.#sweepAt = Number.POSITIVE_INFINITY
    const now = this.#clock.elapsed()
    for (const line of this.#idle) {
      if (now - line.idleSince + 1 <= this.#patienceMs) break
      this.discard(line, expired())
    }
    this.#sweepLater()
  }
}

function closed(): PosthouseError {
  return new PosthouseError('closed', 'this client was closed')
}

function expired(): PosthouseError {
  return new PosthouseError('closed', 'the connection was idle for too long, or the server closed it')
}
