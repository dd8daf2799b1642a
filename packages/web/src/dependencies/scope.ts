import { type Logger, PosthouseError, reasonOf } from '@posthouse/core'
import { type InputReader, inputReader } from '../request/inputs.ts'
import type { RequestView } from '../request/request-view.ts'
import type { Dependencies, Dependency, DependencyContext, DependencyScope } from './depends.ts'

/** What dependencies of one scope are given. */
export interface ScopeSettings {
  /** Which dependencies keep their values here. */
  readonly holds: ReadonlySet<DependencyScope>
  readonly log: Logger
  readonly requestId: string
  readonly signal: AbortSignal
  /** Absent in the scope of the app. */
  readonly request?: RequestView
  /** Stand-ins for tests, by what they stand in for. */
  readonly overrides: ReadonlyMap<Dependency, Dependency>
}

/** What a scope of HTTP requests, of connections and of messages holds besides what its parents do. */
export const heldBy: Readonly<Record<'app' | 'request' | 'connection' | 'message', ReadonlySet<DependencyScope>>> = {
  app: new Set(['app']),
  request: new Set(['connection', 'request', 'message']),
  connection: new Set(['connection', 'request']),
  message: new Set(['message']),
}

/** The values of dependencies while something lasts, and what is to be cleaned up after it. */
export class Scope implements AsyncDisposable {
  readonly #settings: ScopeSettings
  readonly #parent: Scope | undefined
  readonly #values = new Map<Dependency, Promise<unknown>>()
  readonly #cleanups: ((failure: unknown) => unknown)[] = []
  #ended = false
  #failure: unknown

  constructor(settings: ScopeSettings, parent?: Scope) {
    this.#settings = settings
    this.#parent = parent
  }

  /** A scope within this one. What it does not hold itself is kept here. */
  child(settings: Omit<ScopeSettings, 'overrides'>): Scope {
    return new Scope({ ...settings, overrides: this.#settings.overrides }, this)
  }

  /** The values of `dependencies`. They are made one after another, in the order in which they are declared. */
  async resolve(dependencies: Dependencies): Promise<Record<string, unknown>> {
    const values: Record<string, unknown> = {}
    for (const [name, dependency] of Object.entries(dependencies)) values[name] = await this.use(dependency)
    return values
  }

  /** The value of one dependency, made now unless it was before. A failure is kept like a value. */
  use(dependency: Dependency): Promise<unknown> {
    const actual = this.#settings.overrides.get(dependency) ?? dependency
    const owner = this.#ownerOf(actual)
    const known = owner.#values.get(actual)
    if (known !== undefined) return known
    const made = owner.#make(actual)
    owner.#values.set(actual, made)
    return made
  }

  /** Remembers the error that the scope ends with, for those that clean up. The first one counts. */
  fail(failure: unknown): void {
    this.#failure ??= failure
  }

  /** Ends the scope: runs what was deferred, last come first. Cleanups that fail are logged, and the others run. */
  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    // A value that is still being made may defer something yet.
    await Promise.allSettled(this.#values.values())
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      try {
        await cleanup(this.#failure)
      } catch (error) {
        this.#settings.log.error('A dependency could not be cleaned up', { error: reasonOf(error) })
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  #ownerOf({ scope }: Dependency): Scope {
    let owner: Scope = this
    while (!owner.#settings.holds.has(scope)) {
      if (owner.#parent === undefined) {
        throw new PosthouseError('invalid_option', `A dependency of the scope ${scope} has no place outside of one`)
      }
      owner = owner.#parent
    }
    return owner
  }

  async #make(dependency: Dependency): Promise<unknown> {
    if (this.#ended) throw new PosthouseError('closed', 'A dependency was asked for after its scope had ended')
    const { options, make } = dependency
    const deps = await this.resolve(options.dependencies ?? {})
    const { request, requestId, log, signal } = this.#settings
    const inputs = request === undefined ? noInputs : await readerOf(dependency).read(request)
    const context: DependencyContext = {
      deps,
      requestId,
      log,
      signal,
      params: inputs.params,
      query: inputs.query,
      headers: inputs.headers,
      cookies: inputs.cookies,
      get request() {
        if (request === undefined) throw noRequest()
        return request
      },
      defer: (cleanup) => void this.#cleanups.push(cleanup),
    } as DependencyContext
    return make(context)
  }
}

const noInputs = { params: {}, query: {}, headers: {}, cookies: {} }
const readers = new WeakMap<Dependency, InputReader>()

function readerOf(dependency: Dependency): InputReader {
  const known = readers.get(dependency)
  if (known !== undefined) return known
  const reader = inputReader(dependency.options)
  readers.set(dependency, reader)
  return reader
}

function noRequest(): PosthouseError {
  return new PosthouseError('invalid_option', 'A dependency of the scope app has no request; it outlives them all')
}
