/** The wire language in which a peer is spoken to. */
export type LanguageName =
  | 'posthouse-json'
  | 'posthouse-arrays'
  | 'posthouse-msgpack'
  | 'relay'
  | 'socket.io'
  | 'nats'
  | 'mqtt'

/** Through which library both ends go, where the load does not write to raw sockets. */
export type LibraryName = 'posthouse' | 'posthouse-qos1' | 'posthouse-calls' | 'ws'

/** What a load process shall do. It goes on until it is told to stop. */
export type Job = { readonly port: number; readonly language: LanguageName } & Work

/** The kinds of work, each with its numbers. */
export type Work =
  | { readonly kind: 'unicast'; readonly pairs: number; readonly inFlight: number }
  | { readonly kind: 'library'; readonly library: LibraryName; readonly inFlight: number }
  | { readonly kind: 'fanout'; readonly receivers: number; readonly inFlight: number }
  | { readonly kind: 'latency'; readonly perSecond: number }
  | { readonly kind: 'durable'; readonly inFlight: number }
  | { readonly kind: 'jitter'; readonly clients: number; readonly perSecond: number; readonly restart: boolean }
  | { readonly kind: 'inbox'; readonly clients: number; readonly messages: number }
  | { readonly kind: 'idle'; readonly connections: number }
  | { readonly kind: 'slow-reader'; readonly receivers: number; readonly perSecond: number; readonly reads: boolean }

/** What has been delivered until a moment, and what that took of the load's processor. */
export interface Count {
  readonly delivered: number
  readonly cpuUs: number
  readonly atMs: number
}

/** What a load process found out. */
interface Outcome {
  /** Everything that was lost, repeated, out of order or refused. Empty where all went well. */
  readonly errors: readonly string[]
  readonly latency?: Latency
}

/**
 * Times in microseconds, between the moment when a message was due to be sent and its arrival; in `durable` from its
 * sending until it was confirmed, in `jitter` and `inbox` from coming back until all that was missed is there.
 */
export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

/** What a load process is told. */
export type Order =
  | { readonly say: 'job'; readonly job: Job }
  | { readonly say: 'count' }
  /** Count, and forget the latencies until now. */
  | { readonly say: 'begin' }
  /** Count when the work has come to its own end. */
  | { readonly say: 'finish' }
  /** Count, then send no more, wait for what is under way and judge it. */
  | { readonly say: 'end' }

/** What a load process answers, once for each order. */
export type Answer =
  | { readonly say: 'running' }
  | { readonly say: 'count'; readonly count: Count }
  | { readonly say: 'outcome'; readonly count: Count; readonly outcome: Outcome }
  | { readonly say: 'failed'; readonly error: string }

/** A job under way. */
export interface Running {
  delivered(): number
  /** The measurement begins: forgets the latencies until now, or starts what is to be measured. */
  begin?(): void
  /** Resolves at the end of work that has one. */
  finish?(): Promise<void>
  /** Sends no more, waits for what is under way and says what became of it. */
  end(): Promise<Outcome>
}
