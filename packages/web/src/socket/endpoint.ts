import type { Logger } from '@posthouse/core'
import type { Dependencies, ValuesOf } from '../dependencies/depends.ts'
import type { InputSchemas, Inputs, Part } from '../request/inputs.ts'
import type { RequestView } from '../request/request-view.ts'
import type { PathParams } from '../routing/path.ts'
import type { InputOf, OutputOf, Schema } from '../schema/schema.ts'
import type { RawMessage } from './message-queue.ts'
import type { SocketConnection } from './socket-connection.ts'
import type { SocketLimits } from './socket-limits.ts'

/** What is settled about a WebSocket endpoint besides its path and handler. All of it is optional. */
export interface SocketOptions extends InputSchemas {
  /** Schemas of the JSON messages that come in and go out. Without one, messages are text and bytes as they come. */
  readonly messages?: { readonly in?: Schema; readonly out?: Schema }
  readonly dependencies?: Dependencies
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  /** The name of the channel in the documents. Default: made from the path. */
  readonly operationId?: string
  /** False keeps it out of the documents. Default: true. */
  readonly documented?: boolean
  /** What one connection may cost. Default: that of the app. */
  readonly limits?: SocketLimits
  /** Origins whose pages may open it besides those of the same host, such as `https://app.example`; `*` for all. */
  readonly origins?: readonly string[]
  /**
   * How a client is told that inputs or dependencies refuse it: `http` answers the handshake with the status of the problem;
   * `frame` accepts, sends an error frame and closes with 4000 + status, which a page in a browser can read. Default `http`.
   */
  readonly refuse?: 'http' | 'frame'
}

/** What a WebSocket handler is given beside its connection. */
export interface SocketContext<Options = SocketOptions, Path extends string = string>
  extends Inputs<Options, PathParams<Path>> {
  readonly deps: ValuesOf<Part<Options, 'dependencies'>>
  /** The request that opened the connection. */
  readonly request: RequestView
  /** The id of this connection, which is in every line of its log. */
  readonly requestId: string
  readonly log: Logger
  /** Aborted when the connection ends or begins to. */
  readonly signal: AbortSignal
  /** Values of dependencies of the scope `message`, made for one message and cleaned up after it. */
  readonly perMessage: PerMessage
}

/** Runs `handle` with the values of dependencies that live as long as one message. */
export type PerMessage = <D extends Dependencies, Result>(
  dependencies: D,
  handle: (deps: ValuesOf<D>) => Result | Promise<Result>,
) => Promise<Result>

/** What a handler receives. */
export type Incoming<Options> = OutputOf<Part<Part<Options, 'messages'>, 'in'>, RawMessage>

/** What a handler sends. */
export type Outgoing<Options> = InputOf<Part<Part<Options, 'messages'>, 'out'>, RawMessage>

/** Serves one connection. It is closed with 1000 when the handler returns, and with 1011 when it throws. */
export type SocketHandler<Options = SocketOptions, Path extends string = string> = (
  socket: SocketConnection<Incoming<Options>, Outgoing<Options>>,
  context: SocketContext<Options, Path>,
) => unknown

/** A WebSocket endpoint as a value: what was declared, and in its types what a client sends and receives. */
export interface SocketEndpoint<In = unknown, Out = unknown> {
  readonly kind: 'socket'
  /** The whole path, with the prefixes of the routers that it was included through. */
  readonly path: string
  readonly options: SocketOptions
  readonly handler: (socket: never, context: never) => unknown
  /** Never there at run time; carries the types. */
  readonly types?: { readonly in: In; readonly out: Out }
}

/** The endpoint that options declare. */
export type SocketEndpointOf<Options> = SocketEndpoint<
  InputOf<Part<Part<Options, 'messages'>, 'in'>, RawMessage>,
  OutputOf<Part<Part<Options, 'messages'>, 'out'>, RawMessage>
>

/** Declares a WebSocket endpoint. */
export interface DeclareSocket {
  <const Path extends string>(
    path: Path,
    handler: SocketHandler<Record<never, never>, Path>,
  ): SocketEndpointOf<Record<never, never>>
  <const Path extends string, const Options extends SocketOptions>(
    path: Path,
    options: Options,
    handler: SocketHandler<Options, Path>,
  ): SocketEndpointOf<Options>
}

/** The names that options of a WebSocket endpoint may have. */
export const socketOptionNames: readonly (keyof SocketOptions)[] = [
  'params',
  'query',
  'headers',
  'cookies',
  'messages',
  'dependencies',
  'tags',
  'summary',
  'description',
  'operationId',
  'documented',
  'limits',
  'origins',
  'refuse',
]
