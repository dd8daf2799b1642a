import type { Logger } from '@posthouse/core'
import type { Dependency } from '../dependencies/depends.ts'
import type { Scope } from '../dependencies/scope.ts'
import type { ProblemFormat } from '../problem/problem-response.ts'
import type { OriginReader } from '../request/client-address.ts'
import type { Background } from './background.ts'
import type { Environment } from './options.ts'

/** What an app lends to its two doors, HTTP and WebSocket. */
export interface Services {
  readonly env: Environment
  readonly log: Logger
  /** The scope of the app: the parent of every request's and connection's. */
  readonly scope: Scope
  readonly overrides: Map<Dependency, Dependency>
  readonly background: Background
  readonly originOf: OriginReader
  readonly formatProblem: ProblemFormat
  /** Aborted when the app begins to stop: what would go on for ever is to end. */
  readonly stopping: AbortSignal
  /** Whether each response is logged. */
  readonly accessLog: boolean
  /** Scopes of requests that are still being cleaned up. */
  readonly ending: Set<Promise<void>>
}
