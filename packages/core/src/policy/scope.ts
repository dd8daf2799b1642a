import type { PosthouseError } from '../errors.ts'
import { abortedBy } from './abort.ts'
import type { Execution, Task } from './policy.ts'

/** What a scope tells, besides its signal. */
export interface ScopeFields {
  readonly attempt: number
  readonly key?: string | undefined
  readonly deadline?: number | undefined
  /** Whether somebody ends it at its deadline. Default: as what it is part of. */
  readonly isWatched?: boolean | undefined
}

/**
 * An execution that can be aborted, by its owner or with the execution that it is part of. Its signal comes into being
 * when somebody asks for it, since most runs end without one; scopes within each other abort without signals.
 */
export class Scope implements Execution {
  readonly attempt: number
  readonly key: string | undefined
  readonly deadline: number | undefined
  readonly isWatched: boolean
  readonly #parent: Execution | undefined
  #inner: Set<Scope> | undefined
  #controller: AbortController | undefined
  #reject: ((reason: PosthouseError) => void) | undefined
  #reason: PosthouseError | undefined

  constructor(fields: ScopeFields, parent?: Execution) {
    this.attempt = fields.attempt
    this.key = fields.key
    this.deadline = fields.deadline
    this.isWatched = fields.isWatched ?? (parent instanceof Scope && parent.isWatched)
    this.#parent = parent
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** Aborts the signal, and rejects what `race` has promised. Only the first call counts. */
  abort(reason: PosthouseError): void {
    if (this.#reason) return
    this.#reason = reason
    this.#reject?.(reason)
    if (this.#inner) for (const scope of this.#inner) scope.abort(reason)
    this.#controller?.abort(reason)
  }

  /** Runs the task, and rejects as soon as the scope is aborted, whether or not the task heeds its signal. */
  async race<Result>(task: Task<Result>): Promise<Result> {
    const leave = this.#join(this.#parent)
    try {
      if (this.#reason) throw this.#reason
      return await new Promise<Result>((resolve, reject) => {
        this.#reject = reject
        // What a task in JavaScript returns need not be a promise.
        Promise.resolve(task(this)).then(resolve, reject)
      })
    } finally {
      leave?.()
    }
  }

  /** Aborts with what it is part of, until what is returned is called. */
  #join(parent: Execution | undefined): (() => void) | undefined {
    if (parent === undefined) return undefined
    if (parent instanceof Scope) return parent.#adopt(this)
    const { signal } = parent
    const abort = (): void => this.abort(abortedBy(signal))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    return () => signal.removeEventListener('abort', abort)
  }

  #adopt(scope: Scope): () => void {
    if (this.#reason) scope.abort(this.#reason)
    this.#inner ??= new Set()
    this.#inner.add(scope)
    return () => this.#inner?.delete(scope)
  }
}
