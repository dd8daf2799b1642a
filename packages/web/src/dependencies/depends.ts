import type { Logger } from '@posthouse/core'
import { PosthouseError } from '@posthouse/core'
import type { InputSchemas, Inputs } from '../request/inputs.ts'
import type { RequestView } from '../request/request-view.ts'
import type { SecurityScheme } from '../security/scheme.ts'

/** How long the value of a dependency is kept: as long as the app, one connection, one request or one message. */
export type DependencyScope = 'app' | 'connection' | 'request' | 'message'

/** From the longest life to the shortest. */
const scopeOrder: readonly DependencyScope[] = ['app', 'connection', 'request', 'message']

/** Dependencies by the names under which their values are handed over. */
export type Dependencies = Readonly<Record<string, Dependency>>

/** The values of dependencies, under the same names. */
export type ValuesOf<D> = { readonly [Name in keyof D]: D[Name] extends Dependency<infer Value> ? Value : never }

/** What is settled about a dependency when it is made. All of it is optional. */
export interface DependencyOptions extends InputSchemas {
  /** How long a value is kept and shared. Default: `request`. Over a socket that is as long as the connection. */
  readonly scope?: DependencyScope
  /** What it needs itself; nothing that lives shorter than it does. */
  readonly dependencies?: Dependencies
  /** For the documents: by what a client shows who it is. */
  readonly security?: SecurityScheme
}

/** What the function of a dependency is given. */
export interface DependencyContext<Options extends DependencyOptions = DependencyOptions> extends Inputs<Options> {
  readonly deps: ValuesOf<Options['dependencies']>
  /** The request, or the one that opened the connection. Throws in the scope `app`, where there is none. */
  readonly request: RequestView
  readonly requestId: string
  readonly log: Logger
  /** Aborted when the scope has ended before its time: the client has gone, or the time is over. */
  readonly signal: AbortSignal
  /** Has `cleanup` run when the scope ends, last come first; it is told with what error the scope ended, if with one. */
  readonly defer: (cleanup: (failure: unknown) => unknown) => void
}

/** A value that handlers ask for by declaring it, made once in each scope. */
export interface Dependency<Value = unknown> {
  readonly scope: DependencyScope
  readonly options: DependencyOptions
  readonly make: (context: DependencyContext) => Value | Promise<Value>
}

/** The function of a dependency. */
type Make<Options extends DependencyOptions, Value> = (context: DependencyContext<Options>) => Value | Promise<Value>

/**
 * A dependency whose value `make` finds. It is made when a handler first needs it and shared in its scope.
 *
 * @throws PosthouseError `invalid_option` where it needs something that lives shorter
 * @example
 * const database = depends({ scope: 'app' }, async ({ defer }) => {
 *   const db = await open('items.db')
 *   defer(() => db.close())
 *   return db
 * })
 */
export function depends<Value>(make: Make<Record<never, never>, Value>): Dependency<Value>
export function depends<const Options extends DependencyOptions, Value>(
  options: Options,
  make: Make<Options, Value>,
): Dependency<Value>
export function depends<Value>(
  ...args: [Make<DependencyOptions, Value>] | [DependencyOptions, Make<DependencyOptions, Value>]
): Dependency<Value> {
  const [options, make] = args.length === 1 ? [{}, args[0]] : args
  const scope = options.scope ?? 'request'
  assertOutlived(scope, options.dependencies ?? {})
  return { scope, options, make }
}

function assertOutlived(scope: DependencyScope, needed: Dependencies): void {
  for (const [name, dependency] of Object.entries(needed)) {
    if (scopeOrder.indexOf(dependency.scope) <= scopeOrder.indexOf(scope)) continue
    throw new PosthouseError(
      'invalid_option',
      `A dependency of the scope ${scope} cannot use ${name}, which lives as long as one ${dependency.scope} only`,
    )
  }
}
