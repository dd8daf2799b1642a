import type { Dependencies, ValuesOf } from '../dependencies/depends.ts'
import type { ProblemFormat } from '../problem/problem-response.ts'
import type { HandlerTools } from '../request/handler-tools.ts'
import type { InputSchemas, Inputs, Part } from '../request/inputs.ts'
import type { TextBody } from '../response/text-body.ts'
import type { InputOf, OutputOf, Schema } from '../schema/schema.ts'
import type { PathParams } from './path.ts'

/** What another response than the usual one says and means, for the documents. */
export interface ResponseFacts {
  readonly description: string
  readonly schema?: Schema
}

/** What is settled about an endpoint besides its method, path and handler. All of it is optional. */
export interface EndpointOptions extends InputSchemas {
  /** The JSON body. Its types are never coerced. */
  readonly body?: Schema
  /** What the handler returns, as it goes out: only what it names is sent, and in development it is checked. */
  readonly response?: Schema
  /** The status of a usual response. Default: 200. */
  readonly status?: number
  /** Other responses, by status. */
  readonly responses?: Readonly<Record<number, ResponseFacts>>
  readonly dependencies?: Dependencies
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  /** The name of the operation. Default: made from method and path. */
  readonly operationId?: string
  readonly deprecated?: boolean
  /** False keeps it out of the documents. Default: true. */
  readonly documented?: boolean
  /** Largest body, in bytes. Default: that of the app. */
  readonly bodyLimit?: number
  /** How long a whole body may take to arrive, in ms; 0 for no end. Default: that of the app. */
  readonly bodyTimeout?: number
  /** How long the handler may take until its signal is aborted and 503 answered, in ms; 0 for no end. Default: that of the app. */
  readonly handlerTimeout?: number
  /** The body of its error responses. Default: that of the app. */
  readonly formatProblem?: ProblemFormat
}

/** What a handler is given: the parts of the request after their schemas, its dependencies, and its tools. */
export interface Context<Options = EndpointOptions, Path extends string = string>
  extends Inputs<Options, PathParams<Path>>,
    HandlerTools {
  readonly body: OutputOf<Part<Options, 'body'>>
  readonly deps: ValuesOf<Part<Options, 'dependencies'>>
}

/** What a handler returns: a value of the response schema, a text that is sent as it stands, or a response of its own making. */
export type Returned<Options> = OutputOf<Part<Options, 'response'>> | TextBody | Response

/** Answers one endpoint. */
export type EndpointHandler<Options = EndpointOptions, Path extends string = string> = (
  context: Context<Options, Path>,
) => Returned<Options> | Promise<Returned<Options>>

/** What a client hands over to call an endpoint. What need not be given may be left out. */
export type CallInput<Options, Path extends string> = Given<
  'params',
  InputOf<Part<Options, 'params'>, PathParams<Path>>
> &
  Given<'query', InputOf<Part<Options, 'query'>, undefined>> &
  Given<'headers', InputOf<Part<Options, 'headers'>, undefined>> &
  Given<'body', InputOf<Part<Options, 'body'>, undefined>>

type Given<Name extends string, Value> = undefined extends Value
  ? { readonly [Key in Name]?: Value }
  : Partial<Value> extends Value
    ? { readonly [Key in Name]?: Value }
    : { readonly [Key in Name]: Value }

/** An HTTP endpoint as a value: what was declared, and in its types what goes in and comes out. */
export interface Endpoint<Input = unknown, Output = unknown> {
  readonly kind: 'http'
  readonly method: string
  /** The whole path, with the prefixes of the routers that it was included through. */
  readonly path: string
  readonly options: EndpointOptions
  readonly handler: (context: Context<never, never>) => unknown
  /** Never there at run time; carries the types. */
  readonly types?: { readonly input: Input; readonly output: Output }
}

/** The endpoint that options and path declare. */
export type EndpointOf<Options, Path extends string> = Endpoint<
  CallInput<Options, Path>,
  OutputOf<Part<Options, 'response'>>
>
