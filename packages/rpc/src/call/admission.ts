import { BusyMap, type Clock, PosthouseError } from '@posthouse/core'
import type { Caller } from '../access/caller.ts'
import { procedure as makeProcedure } from '../procedure/procedure.ts'
import type { Entry, Registry } from '../procedure/registry.ts'
import { CallerRates } from './caller-rates.ts'
import type { KnownLimits } from './limits.ts'

/** What an admission looks at. */
export interface AdmissionOptions {
  readonly registry: Registry
  readonly limits: KnownLimits
  readonly clock: Clock
}

/** Calls of one caller that are under way. */
interface Seats {
  readonly caller: string
  taken: number
}

/** Decides which calls are let in, at once, and counts those that are. */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #rates: CallerRates | undefined
  readonly #ownRates = new WeakMap<Entry, CallerRates>()
  readonly #callers = new BusyMap<string, Seats>()
  /** Who called last: mostly it is the one who calls next. */
  #last: Seats | undefined
  #size = 0
  #draining = false
  #empty: (() => void) | undefined

  constructor(options: AdmissionOptions) {
    this.#options = options
    const { rate } = options.limits
    this.#rates = rate && new CallerRates(rate, options.clock)
  }

  /** Calls whose handlers have not ended. */
  get size(): number {
    return this.#size
  }

  /** @throws PosthouseError `no_handler` */
  entry(procedure: string): Entry {
    const entry = this.#options.registry.get(procedure)
    if (entry === undefined) throw noHandler(procedure)
    return entry
  }

  /** @throws PosthouseError `draining`, `no_handler`, `forbidden`, `rate_limited`, `too_many_calls` */
  admit(caller: Caller, procedure: string, promised = false): Entry {
    const { limits } = this.#options
    if (this.#draining) throw new PosthouseError('draining', 'the server is shutting down')
    this.#rates?.take(caller.id)
    const entry = promised ? (this.#options.registry.get(procedure) ?? unknownEntry(procedure)) : this.entry(procedure)
    const { permission = procedure } = entry.procedure.options
    if (!caller.may(permission)) throw new PosthouseError('forbidden', `this caller may not call ${procedure}`)
    this.#ratesOf(entry)?.take(caller.id)
    const own = this.#seats(caller.id)?.taken ?? 0
    if (this.#size >= limits.calls || own >= limits.callsPerCaller) {
      throw new PosthouseError('too_many_calls', `${this.#size} calls are under way, ${own} of them of this caller`)
    }
    return entry
  }

  enter(caller: string): void {
    this.#size++
    const seats = this.#seats(caller)
    if (seats === undefined) this.#open(caller)
    else seats.taken++
  }

  leave(caller: string): void {
    const seats = this.#seats(caller)
    if (seats !== undefined && --seats.taken === 0 && seats !== this.#last) this.#callers.delete(caller)
    if (--this.#size === 0) this.#empty?.()
  }

  /** Lets nobody in any more, and resolves when nobody is. */
  async drain(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#draining = true
    this.#empty = resolve
    if (this.#size === 0) resolve()
    await promise
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#draining = true
  }

  #seats(caller: string): Seats | undefined {
    return this.#last?.caller === caller ? this.#last : this.#callers.get(caller)
  }

  /** Of those that have nothing under way only the one who called last is known. */
  #open(caller: string): void {
    if (this.#last?.taken === 0) this.#callers.delete(this.#last.caller)
    this.#last = { caller, taken: 1 }
    this.#callers.set(caller, this.#last)
  }

  #ratesOf(entry: Entry): CallerRates | undefined {
    const { rate } = entry.procedure.options
    if (rate === undefined) return undefined
    const known = this.#ownRates.get(entry)
    const rates = known ?? new CallerRates(rate, this.#options.clock)
    if (known === undefined) this.#ownRates.set(entry, rates)
    return rates
  }
}

/** A call that is promised is answered like others: document 000's server takes whatever it is given, and tells later. */
function unknownEntry(name: string): Entry {
  const refuse = (): never => {
    throw noHandler(name)
  }
  return { name, procedure: makeProcedure({ idempotent: true }, refuse) }
}

/** In the words of document 000's server. */
function noHandler(name: string): PosthouseError {
  return new PosthouseError('no_handler', `未知的API: ${name}`)
}
