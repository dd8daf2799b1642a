import {
  BusyMap,
  type CallStore,
  type Clock,
  DeadlineWatch,
  isPosthouseError,
  type KeptCall,
  type Logger,
  PosthouseError,
} from '@posthouse/core'
import type { Caller } from '../access/caller.ts'
import { goOn, type Invoke } from '../procedure/invoke.ts'
import type { Places } from '../procedure/places.ts'
import { usualTimeoutMs } from '../procedure/procedure.ts'
import type { Admission } from './admission.ts'
import { type Answer, failure, readable } from './answer.ts'
import { CallMemory } from './call-memory.ts'
import type { CallTally } from './call-tally.ts'
import type { IncomingCall, StreamWish } from './incoming-call.ts'
import { inputHash } from './input-hash.ts'
import { answerBefore, conflict, keptOf, unknownOutcome } from './kept.ts'
import type { KnownLimits } from './limits.ts'
import { requestOfText } from './request-text.ts'
import { RunningCall, type Watcher } from './running-call.ts'
import { Work } from './work.ts'

/** How late a deadline may be noticed, in milliseconds. */
const deadlineStepMs = 20

/** What a desk works with. */
export interface CallDeskOptions {
  readonly store: CallStore
  readonly invoke: Invoke
  readonly places: Places
  readonly admission: Admission
  readonly tally: CallTally
  readonly limits: KnownLimits
  readonly clock: Clock
  readonly logger: Logger
  /** Whether callers are not told what handlers throw. */
  readonly hideErrors: boolean
  /** Told of a call whose answer is to be POSTed. */
  readonly owed: (call: KeptCall) => void
}

/** How a call is taken. */
export interface TakeOptions {
  readonly watcher?: Watcher | undefined
  /** True where it is carried out, and its callback made, whatever becomes of its caller and of this process. */
  readonly promised?: boolean | undefined
  /** True where one of our own programs calls, which is told codes. */
  readonly ours?: boolean | undefined
}

/** Carries out calls, whichever door they came by: each once, and whoever sends it again gets the first answer. */
export class CallDesk {
  readonly #options: CallDeskOptions
  readonly #admission: Admission
  readonly #work: Work
  readonly #memory: CallMemory
  /** Under way, or a stream whose items the caller has not taken yet. */
  readonly #runs = new BusyMap<string, RunningCall>()
  readonly #deadlines: DeadlineWatch<RunningCall>
  #closed = false

  constructor(options: CallDeskOptions) {
    this.#options = options
    this.#admission = options.admission
    this.#work = new Work(options)
    this.#memory = new CallMemory(options)
    const over = (run: RunningCall): void =>
      this.#abort(run, new PosthouseError('timeout', `${run.procedure} has not answered in time`))
    this.#deadlines = new DeadlineWatch({ clock: options.clock, things: this.#runs, over, stepMs: deadlineStepMs })
  }

  /** Names the memory of calls. */
  get storeId(): string {
    return this.#options.store.id
  }

  /** Handlers at work. */
  get working(): number {
    return this.#admission.size
  }

  /** Calls under way, the oldest first. */
  running(): RunningCall[] {
    return [...this.#runs.values()]
  }

  /** Takes a call, or the same call again. Its watcher is told of a refusal at once, and then nothing is returned. */
  take(caller: Caller, call: IncomingCall, options: TakeOptions = {}): RunningCall | undefined {
    const { watcher } = options
    try {
      const key = keyOf(caller.id, call.requestId)
      const known = this.#runs.get(key)
      if (known !== undefined) {
        if (inputHash(call.procedure, call.data) !== known.inputHash) throw conflict(call.requestId)
        return this.#attach(known, call, watcher)
      }
      this.#assertMemory(call)
      const entry = this.#admission.admit(caller, call.procedure, options.promised)
      const { clock, logger } = this.#options
      const { timeoutMs = usualTimeoutMs } = entry.procedure.options
      const at = clock.now()
      const deadline = at + Math.min(timeoutMs, call.deadlineMs ?? Number.POSITIVE_INFINITY)
      const hash = inputHash(call.procedure, call.data)
      const promised = options.promised === true
      const run = new RunningCall({ entry, caller, call, key, inputHash: hash, at, deadline, logger, promised })
      run.ours = options.ours === true
      run.owed = promised && call.callbackType === 'http' && call.callbackUrl !== undefined
      if (watcher !== undefined) this.#attach(run, call, watcher)
      this.#begin(run)
      return run
    } catch (error) {
      this.#options.tally.refused(error)
      watcher?.ended(failure(error))
      return undefined
    }
  }

  /** Resolves when a promised call would survive the end of this process. */
  async safe(run: RunningCall): Promise<void> {
    await run.safe?.promise
  }

  /** A call of a caller that is under way. */
  find(caller: string, id: string): RunningCall | undefined {
    return this.#runs.get(keyOf(caller, id))
  }

  /** Tells one more of a call that is under way. */
  watch(run: RunningCall, watcher: Watcher, stream?: StreamWish): RunningCall | undefined {
    try {
      return this.#attach(run, { ...run.call, stream }, watcher)
    } catch (error) {
      watcher.ended(failure(error))
      return undefined
    }
  }

  /** What is remembered of a call that is not under way. */
  async remembered(caller: string, id: string): Promise<KeptCall | undefined> {
    return this.#options.store.get(caller, id)
  }

  /** Nobody waits for a call any more: its handler's signal aborts, and its answer is `aborted`. */
  cancel(run: RunningCall): void {
    this.#abort(run, new PosthouseError('aborted', 'the caller has cancelled the call'))
  }

  /** Goes on with what an earlier run of the server promised, and answers what it may have done. */
  async resume(): Promise<void> {
    const { store, logger } = this.#options
    for (const kept of await store.find({ which: 'unfinished', limit: Number.POSITIVE_INFINITY })) {
      if (kept.request === undefined || this.#runs.has(keyOf(kept.caller, kept.id))) continue
      try {
        this.#resume(kept, kept.request)
      } catch (error) {
        logger.warn('a promised call cannot be carried out', { procedure: kept.procedure, error })
        await this.#memory.remember(kept, failure(error), true)
      }
    }
  }

  /** Takes no more calls, and resolves when no handler is at work. */
  async drain(): Promise<void> {
    await this.#admission.drain()
  }

  /** Ends all that is under way; what was promised is carried out by the next run. */
  close(): void {
    this.#closed = true
    this.#admission.close()
    for (const run of this.#runs.values()) {
      const unknown = run.begun && run.entry.procedure.options.idempotent !== true
      const reason = unknown
        ? unknownOutcome(run.procedure)
        : new PosthouseError('draining', 'the server is shutting down')
      this.#abort(run, reason)
    }
    this.#deadlines[Symbol.dispose]()
    this.#runs.clear()
  }

  #assertMemory({ store, procedure }: IncomingCall): void {
    if (store !== undefined && store !== this.storeId) throw unknownOutcome(procedure)
  }

  #attach(run: RunningCall, { stream }: IncomingCall, watcher: Watcher | undefined): RunningCall {
    if (watcher === undefined) return run
    if (watcher.item !== undefined && stream !== undefined) {
      if (run.line === undefined) throw new PosthouseError('call_lost', 'the call was not begun as a stream')
      run.watchers.push(watcher)
      run.line.attach(watcher.item, stream)
    } else run.watchers.push(watcher)
    if (run.answer !== undefined) {
      run.dismiss(watcher)
      watcher.ended(run.answer)
      this.#forgetTaken(run)
    } else run.abandonedAt = undefined
    return run
  }

  /** Grants a stream room for more, and forgets it when all of it was taken. */
  grant(run: RunningCall, credit: number): void {
    run.line?.grant(credit)
    if (run.answer !== undefined) this.#forgetTaken(run)
  }

  /** Somebody does not wait any more, but others may, or may come. */
  leave(run: RunningCall, watcher: Watcher): void {
    run.leave(watcher)
    if (run.line === undefined || run.watchers.length > 0 || this.#closed) return
    const { clock, limits } = this.#options
    run.abandonedAt = clock.elapsed()
    clock.after(limits.lingerMs, () => this.#abandon(run, limits.lingerMs)).unref()
  }

  #abandon(run: RunningCall, lingerMs: number): void {
    const since = run.abandonedAt
    if (since === undefined || this.#options.clock.elapsed() - since < lingerMs) return
    if (run.answer !== undefined) this.#forget(run)
    else this.#abort(run, new PosthouseError('call_lost', 'nobody took the items of this stream any more'))
  }

  #begin(run: RunningCall): void {
    const { clock } = this.#options
    this.#runs.set(run.key, run)
    this.#admission.enter(run.caller.id)
    if (run.promised) {
      run.safe = Promise.withResolvers<void>()
      run.safe.promise.catch(() => undefined)
    }
    if (run.deadline < Number.POSITIVE_INFINITY) {
      run.endsAt = clock.elapsed() + Math.max(0, run.deadline - clock.now())
      this.#deadlines.add(run)
    }
    this.#carryOut(run)
  }

  /** To its end in this turn where nothing is to be waited for: each turn of waiting costs as much as a small handler. */
  #carryOut(run: RunningCall): void {
    const leave = (): void => this.#admission.leave(run.caller.id)
    try {
      const ended = this.#answer(run)
      if (ended instanceof Promise) ended.then(leave, (error) => this.#fail(run, error))
      else leave()
    } catch (error) {
      this.#fail(run, error)
    }
  }

  #answer(run: RunningCall): void | Promise<void> {
    const { store } = this.#options
    const known = run.remembered ? store.get(run.caller.id, run.requestId) : undefined
    return goOn(known, (kept) => {
      const before = kept === undefined ? undefined : answerBefore(run, kept)
      run.recalled = before !== undefined
      if (before !== undefined) return this.#settle(run, before, kept?.state !== 'done')
      if (run.promised) return this.#keepPromise(run)
      return goOn(this.#work.answer(run), (answer) => this.#settle(run, answer, true))
    })
  }

  async #keepPromise(run: RunningCall): Promise<void> {
    await this.#options.store.put(keptOf(run, { state: 'taken' }))
    run.safe?.resolve()
    await this.#settle(run, await this.#work.answer(run), true)
  }

  #fail(run: RunningCall, thrown: unknown): void {
    const error = readable(thrown)
    run.safe?.reject(error)
    const leave = (): void => this.#admission.leave(run.caller.id)
    const told = this.#settle(run, this.#failed(run, error), true)
    if (told instanceof Promise) told.then(leave, leave)
    else leave()
  }

  #failed(run: RunningCall, error: unknown): Answer {
    const { logger, hideErrors } = this.#options
    if (run.aborted !== undefined) return failure(run.aborted)
    if (!isPosthouseError(error)) run.logger.error('a handler failed', { error })
    else if (error.code === 'store_failed') logger.error('calls cannot be remembered', { error })
    return failure(error, hideErrors)
  }

  #abort(run: RunningCall, reason: PosthouseError): void {
    if (run.answer !== undefined || run.settling) return
    run.abort(reason)
    void this.#settle(run, failure(reason), !this.#closed)
  }

  /** The first answer counts. What a handler did not begin with is not remembered: it can be sent again. */
  #settle(run: RunningCall, answer: Answer, keep: boolean): void | Promise<void> {
    if (run.settling) return
    run.settling = true
    this.#options.tally.ended(run.procedure, answer, run.recalled)
    if (!keep || !run.remembered || this.#closed || !(run.begun || run.promised)) return this.#tell(run, answer)
    return goOn(this.#memory.remember(keptOf(run), answer, run.owed), () => this.#tell(run, answer))
  }

  #tell(run: RunningCall, answer: Answer): void {
    run.answer = answer
    // A promise that could not be given has failed before; one that had been given before is kept.
    run.safe?.resolve()
    const { watchers } = run
    if (watchers.length === 1) watchers[0]?.ended(answer)
    else for (const watcher of [...watchers]) watcher.ended(answer)
    if (run.line === undefined) run.watchers.length = 0
    this.#forgetTaken(run)
  }

  #forgetTaken(run: RunningCall): void {
    if (run.line?.pending !== true) {
      this.#forget(run)
      return
    }
    const { clock, limits } = this.#options
    run.abandonedAt = clock.elapsed()
    clock.after(limits.lingerMs, () => this.#abandon(run, limits.lingerMs)).unref()
  }

  #forget(run: RunningCall): void {
    if (this.#runs.get(run.key) === run) this.#runs.delete(run.key)
    run.watchers.length = 0
  }

  #resume(kept: KeptCall, text: string): void {
    const { call, name, ours } = requestOfText(text)
    const entry = this.#admission.entry(call.procedure)
    const caller: Caller = { id: kept.caller, name, may: (permission) => permission === call.procedure }
    const { at, deadline, inputHash: hash } = kept
    const { logger } = this.#options
    const key = keyOf(kept.caller, kept.id)
    const fields = { entry, caller, call, key, inputHash: hash, at, deadline, logger, promised: true }
    const run = new RunningCall(fields)
    run.ours = ours
    run.owed = call.callbackType === 'http' && call.callbackUrl !== undefined
    this.#begin(run)
  }
}

function keyOf(caller: string, id: string): string {
  return `${caller}\n${id}`
}
