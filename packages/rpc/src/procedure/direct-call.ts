import { type Clock, createId, type Logger, PosthouseError } from '@posthouse/core'
import type { Caller } from '../access/caller.ts'
import type { Admission } from '../call/admission.ts'
import { failure } from '../call/answer.ts'
import type { CallTally } from '../call/call-tally.ts'
import type { CallContext } from './context.ts'
import type { Invoke } from './invoke.ts'
import type { Places } from './places.ts'
import { usualTimeoutMs } from './procedure.ts'
import type { Entry } from './registry.ts'

/** A call by a door that brings each call once by itself, such as a hub. */
export interface DirectCall {
  readonly procedure: string
  readonly input: unknown
  readonly caller: Caller
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal
  /** When nobody waits any more, in Unix milliseconds. Default: never. */
  readonly deadline?: number | undefined
  /** Default: a new one. */
  readonly requestId?: string | undefined
}

/** What direct calls are carried out with. */
export interface DirectCallParts {
  readonly admission: Admission
  readonly tally: CallTally
  readonly places: Places
  readonly invoke: Invoke
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Carries out a call of which nothing is remembered. Resolves with a value, or with an async iterable of items.
 * @throws PosthouseError what the admission says, `timeout`, and what the handler throws
 */
export async function callDirectly(call: DirectCall, parts: DirectCallParts): Promise<unknown> {
  const { admission, tally } = parts
  const { caller, procedure } = call
  const entry = admitted(call, parts)
  admission.enter(caller.id)
  try {
    const value = await carryOutInTime(entry, call, parts)
    tally.ended(procedure, { ok: true })
    return value
  } catch (error) {
    tally.ended(procedure, failure(error))
    throw error
  } finally {
    admission.leave(caller.id)
  }
}

function admitted({ caller, procedure }: DirectCall, { admission, tally }: DirectCallParts): Entry {
  try {
    return admission.admit(caller, procedure)
  } catch (error) {
    tally.refused(error)
    throw error
  }
}

function carryOutInTime(entry: Entry, call: DirectCall, parts: DirectCallParts): unknown {
  const { deadline = Number.POSITIVE_INFINITY } = call
  const { timeoutMs = usualTimeoutMs } = entry.procedure.options
  // Who guards the call's own time need not be helped where that is shorter.
  if (deadline - parts.clock.now() <= timeoutMs) return carryOut(entry, call, parts)
  return inTime(entry, call, { ...parts, timeoutMs })
}

function carryOut(entry: Entry, call: DirectCall, { places, invoke, logger }: DirectCallParts): unknown {
  return places.run(
    entry,
    () => call.signal,
    () => invoke(entry, call.input, new DirectContext(call, logger)),
  )
}

/** What is not asked for is not made. */
class DirectContext implements CallContext {
  readonly logger: Logger
  readonly progress = nobodyHears
  readonly #call: DirectCall
  #requestId: string | undefined

  constructor(call: DirectCall, logger: Logger) {
    this.#call = call
    this.logger = logger
  }

  get procedure(): string {
    return this.#call.procedure
  }

  get caller(): Caller {
    return this.#call.caller
  }

  get requestId(): string {
    this.#requestId ??= this.#call.requestId ?? createId()
    return this.#requestId
  }

  get deadline(): number {
    return this.#call.deadline ?? Number.POSITIVE_INFINITY
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }
}

const nobodyHears = (): void => undefined

async function inTime(
  entry: Entry,
  call: DirectCall,
  parts: DirectCallParts & { readonly timeoutMs: number },
): Promise<unknown> {
  const { clock, timeoutMs } = parts
  if (timeoutMs === Number.POSITIVE_INFINITY) return carryOut(entry, call, parts)
  const abortion = new AbortController()
  const signal = AbortSignal.any([call.signal, abortion.signal])
  const { promise: late, reject } = Promise.withResolvers<never>()
  using _ = clock.after(timeoutMs, () => {
    const error = new PosthouseError('timeout', `${call.procedure} has not answered in time`)
    abortion.abort(error)
    reject(error)
  })
  const { procedure, input, caller, deadline, requestId } = call
  const guarded: DirectCall = { procedure, input, caller, deadline, requestId, signal }
  return await Promise.race([carryOut(entry, guarded, parts), late])
}
