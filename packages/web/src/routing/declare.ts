import type { EndpointHandler, EndpointOf, EndpointOptions } from './endpoint.ts'

/** Options of an endpoint that has none. */
type NoOptions = Record<never, never>

/** Declares an endpoint of one method. @throws PosthouseError `invalid_option` for a path or an option that cannot be */
export interface Declare {
  <const Path extends string>(path: Path, handler: EndpointHandler<NoOptions, Path>): EndpointOf<NoOptions, Path>
  <const Path extends string, const Options extends EndpointOptions>(
    path: Path,
    options: Options,
    handler: EndpointHandler<Options, Path>,
  ): EndpointOf<Options, Path>
}

/** Declares an endpoint of the method that is named. */
export interface DeclareMethod {
  <const Path extends string>(
    method: string,
    path: Path,
    handler: EndpointHandler<NoOptions, Path>,
  ): EndpointOf<NoOptions, Path>
  <const Path extends string, const Options extends EndpointOptions>(
    method: string,
    path: Path,
    options: Options,
    handler: EndpointHandler<Options, Path>,
  ): EndpointOf<Options, Path>
}

/** The names that options of an endpoint may have. */
export const endpointOptionNames: readonly (keyof EndpointOptions)[] = [
  'params',
  'query',
  'headers',
  'cookies',
  'body',
  'response',
  'status',
  'responses',
  'dependencies',
  'tags',
  'summary',
  'description',
  'operationId',
  'deprecated',
  'documented',
  'bodyLimit',
  'bodyTimeout',
  'handlerTimeout',
  'formatProblem',
]
