import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@posthouse/core'
import type { Hub } from '@posthouse/hub'
import type { Dependency, Router } from '@posthouse/web'
import type { Administrator } from './administrator.ts'
import type { Metric } from './metrics/metric.ts'

/** Something that is found on a node, as its page lists it. */
export interface Place {
  readonly path: string
  /** What it is, in a few words. */
  readonly what: string
}

/** What a door keeps for others. */
export interface Keeping {
  /** In a word, such as `files`. */
  readonly what: string
  /** Resolves where it can be kept now, and rejects with the reason where it cannot. */
  check(): Promise<void>
}

/** What the endpoints of a door may need. */
export interface DoorTools {
  readonly hub: Hub
  readonly logger: Logger
  /** For endpoints that are for administrators only: 401 and 403 for everybody else. */
  readonly admin: Dependency<Administrator>
  /** Whether the node is administered by HTTP: without it a door has nothing below `/api/v1`. */
  readonly administration: boolean
}

/**
 * One subject that a node serves beside the others on its port. Paths of `requests` and `upgrade` stand for themselves, or,
 * where they end with `/*`, for all that is below.
 */
export interface Door {
  /** One word, such as `files`. */
  readonly name: string
  /** What is listed on the page of the node. */
  readonly places: readonly Place[]
  /** Declares its endpoints, once, before the node starts. They are in the documents of the node. */
  mount?(app: Router, tools: DoorTools): void
  /** Requests that another library answers. What is under way when the node drains is for `drain` to wait for. */
  readonly requests?: {
    readonly path: string | readonly string[]
    handle(request: IncomingMessage, response: ServerResponse): void
  }
  /** Sockets that are opened here; they are its own then, with all their errors. */
  readonly upgrade?: {
    readonly path: string
    handle(request: IncomingMessage, socket: Duplex, head: Buffer): void
  }
  /** Its numbers for `/metrics`. A label must not hold what clients may choose: there would be no end of them. */
  metrics?(): Iterable<Metric>
  /** A node that cannot keep it is not ready. Default: nothing that could fail. */
  readonly keeps?: Keeping
  /** Makes it ready; nobody comes before. What it throws keeps the node from starting. */
  start?(): Promise<void>
  /** Finishes what is under way, until `signal` is aborted. Nobody new comes meanwhile, except to open connections. */
  drain?(signal: AbortSignal): Promise<void>
  /** Ends its connections and lets go of what it holds. Called once, also where it was never started. */
  close(): Promise<void>
}
