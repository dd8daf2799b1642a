import type { Dependencies, ValuesOf } from '../dependencies/depends.ts'
import type { InputSchemas, Inputs, Part } from '../request/inputs.ts'
import type { RequestView } from '../request/request-view.ts'
import type { PathParams } from '../routing/path.ts'
import type { InputOf, OutputOf, Schema } from '../schema/schema.ts'

/** What is settled about a WebSocket endpoint besides its path and handler. All of it is optional. */
export interface SocketOptions extends InputSchemas {
  /** Schemas of the messages that come in and go out. */
  readonly messages?: { readonly in?: Schema; readonly out?: Schema }
  readonly dependencies?: Dependencies
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  /** False keeps it out of the documents. Default: true. */
  readonly documented?: boolean
}

/** What a WebSocket handler is given beside its connection. */
export interface SocketContext<Options = SocketOptions, Path extends string = string>
  extends Inputs<Options, PathParams<Path>> {
  readonly deps: ValuesOf<Part<Options, 'dependencies'>>
  readonly request: RequestView
}

/** Serves one connection; the connection ends when it returns. */
export type SocketHandler<Options = SocketOptions, Path extends string = string> = (
  socket: unknown,
  context: SocketContext<Options, Path>,
) => unknown

/** A WebSocket endpoint as a value: what was declared, and in its types what goes in and comes out. */
export interface SocketEndpoint<In = unknown, Out = unknown> {
  readonly kind: 'socket'
  /** The whole path, with the prefixes of the routers that it was included through. */
  readonly path: string
  readonly options: SocketOptions
  readonly handler: (socket: never, context: SocketContext<never, never>) => unknown
  /** Never there at run time; carries the types. */
  readonly types?: { readonly in: In; readonly out: Out }
}

/** The endpoint that options declare. */
export type SocketEndpointOf<Options> = SocketEndpoint<
  InputOf<Part<Part<Options, 'messages'>, 'in'>>,
  OutputOf<Part<Part<Options, 'messages'>, 'out'>>
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
  'documented',
]
