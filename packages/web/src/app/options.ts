import type { Logger } from '@posthouse/core'
import type { Dependency } from '../dependencies/depends.ts'
import type { DocumentInfo } from '../docs/open-api.ts'
import type { ProblemFormat } from '../problem/problem-response.ts'
import type { Router, RouterOptions } from '../routing/router.ts'
import type { CompressionOptions, CorsOptions } from '../server/plugins.ts'
import type { SocketSettings } from '../socket/door.ts'
import type { BackgroundOptions } from './background.ts'

/** Where an app runs. In production the documents are off, and responses are not checked against their schemas. */
export type Environment = 'development' | 'test' | 'production'

/** How long and how large requests may be. Times in ms, sizes in bytes. */
export interface RequestLimits {
  /** Largest body. Default: 1 MiB. */
  readonly bodyLimit?: number
  /** How long a whole body may take to arrive; 0 for no end. Default: 30,000; for uploads that are streamed, no end. */
  readonly bodyTimeout?: number
  /** Bytes a second that a body brings at least, on average after the first five seconds; 0 for none. Default: 240. */
  readonly minBodyRate?: number
  /** How long the line and headers of a request may take. Default: 10,000. */
  readonly headersTimeout?: number
  /** How long a handler may take until its signal is aborted and 503 answered; 0 for no end. Default: 0. */
  readonly handlerTimeout?: number
  /** How long an idle connection is kept. Default: 72,000. */
  readonly keepAliveTimeout?: number
  /** How long a client may take nothing of a response that waits for it. Default: 30,000. */
  readonly stallTimeout?: number
}

/** Where the documents lie. Null takes one away. */
export interface DocsOptions {
  /** Whether there are any. Default: true, except in production. */
  readonly enabled?: boolean
  /** OpenAPI 3.1. Default: `/openapi.json`. Without it no page that reads it is served. */
  readonly openapiUrl?: string | null
  /** Endpoints of others that the documents show, too, such as those of an app on the same port. Default: none. */
  readonly also?: readonly Pick<Router, 'routes'>[]
  /** AsyncAPI 3.0 of the WebSocket endpoints. Default: `/asyncapi.json`. */
  readonly asyncapiUrl?: string | null
  /** Swagger UI. Default: `/docs`. */
  readonly docsUrl?: string | null
  /** ReDoc. Default: `/redoc`. */
  readonly redocUrl?: string | null
  /** Scalar. Default: `/reference`. */
  readonly referenceUrl?: string | null
  /** The page of the WebSocket endpoints. Default: `/asyncapi`. */
  readonly asyncapiPageUrl?: string | null
}

/** What an app is made of. */
export interface AppOptions extends Omit<RouterOptions, 'prefix'> {
  readonly title?: string
  readonly version?: string
  readonly description?: string
  /** Default: `production` where `NODE_ENV` is, `test` likewise, otherwise `development`. */
  readonly env?: Environment
  /** False turns all documents off, true on also in production. Default: on, except in production. */
  readonly docs?: boolean | DocsOptions
  /** A dependency of the scope `app` that is made at start and cleaned up at the stop; handlers get its value by it. */
  readonly lifespan?: Dependency
  /** Default: warnings and errors as lines of JSON on the standard error output. */
  readonly logger?: Logger
  readonly limits?: RequestLimits
  /** What the WebSocket endpoints have in common. */
  readonly sockets?: SocketSettings
  readonly background?: BackgroundOptions
  /** Networks (CIDR) of the proxies whose `X-Forwarded-*` headers are believed. Default: none. */
  readonly trustProxy?: readonly string[]
  /** Lets pages of other origins read responses. Default: none may. */
  readonly cors?: CorsOptions
  /** Compresses responses. Default: false. */
  readonly compression?: boolean | CompressionOptions
  /** Logs a line for each response, without its query, at the level info. Default: false. */
  readonly accessLog?: boolean
  /** The body of every error response. Default: problem details as RFC 9457 has them. */
  readonly formatProblem?: ProblemFormat
  /** Why it cannot run as several processes that share a port, such as: who is connected is known in memory only. */
  readonly oneProcess?: string
  /**
   * How long a stop may take, in ms. `drain` waits nine tenths of it for what is under way; dependencies that are not cleaned up
   * at its end are left. Default: 10,000.
   */
  readonly drainTimeout?: number
}

/** What an app calls itself, with what stands in for what it does not say. */
export function infoOf({ title = 'Posthouse app', version = '0.1.0', description }: AppOptions): DocumentInfo {
  return { title, version, ...(description !== undefined && { description }) }
}

/** Where the documents of an app lie; nothing where it shows none. */
export function docsOf({ docs = {}, env }: AppOptions): DocsOptions | undefined {
  const options = typeof docs === 'boolean' ? { enabled: docs } : docs
  return (options.enabled ?? environmentOf(env) !== 'production') ? options : undefined
}

/** The environment that options and the process tell. */
export function environmentOf(env: Environment | undefined): Environment {
  if (env !== undefined) return env
  const { NODE_ENV } = process.env
  return NODE_ENV === 'production' || NODE_ENV === 'test' ? NODE_ENV : 'development'
}
