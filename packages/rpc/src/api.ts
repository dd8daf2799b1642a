import {
  type CallStore,
  type Clock,
  type ErrorCode,
  type Handler,
  type Logger,
  MemoryCallStore,
  PosthouseError,
  silentLogger,
  systemClock,
} from '@posthouse/core'
import {
  aClock,
  aFlag,
  aFunction,
  anObject,
  checkOptions,
  listOf,
  objectWith,
  type Rules,
} from '@posthouse/core/options'
import { Callers, type Identify } from './access/callers.ts'
import { Admission } from './call/admission.ts'
import { CallDesk } from './call/call-desk.ts'
import { type CallInfo, callInfo } from './call/call-info.ts'
import { CallTally, type ProcedureStats } from './call/call-tally.ts'
import { type CallLimits, type KnownLimits, knownLimits } from './call/limits.ts'
import type { CallbackInfo, CallbackStats } from './callback/callback-desk.ts'
import type { CallbackOptions } from './callback/callback-options.ts'
import { Callbacks } from './callback/callbacks.ts'
import { HttpDoor } from './http/http-door.ts'
import { callDirectly, type DirectCall } from './procedure/direct-call.ts'
import { type CallInterceptor, invoker } from './procedure/invoke.ts'
import { Places } from './procedure/places.ts'
import { type ProcedureInfo, procedureInfo } from './procedure/procedure-info.ts'
import { type ProcedureTree, type Registrable, Registry } from './procedure/registry.ts'
import { CallerSockets } from './socket/caller-sockets.ts'
import { SocketDoor, type SocketDoorOptions } from './socket/socket-door.ts'

/** Settings of `createApi`. Each has a default. */
export interface ApiOptions {
  /** Wrap every procedure; the first listed is the outermost. */
  readonly interceptors?: readonly CallInterceptor[] | undefined
  /** Remembers calls and answers. Default: in memory, so a restart forgets them. Whoever made the store closes it. */
  readonly store?: CallStore | undefined
  /** Tells who a caller is. Default: no authentication, and everybody may call everything. */
  readonly identify?: Identify | undefined
  /** How answers are POSTed. Default: not at all; calls that ask for it are refused with `unsupported`. */
  readonly callbacks?: CallbackOptions | undefined
  readonly limits?: CallLimits | undefined
  /** True hides from callers the message of an error that is no `PosthouseError`. Default false. */
  readonly hideErrors?: boolean | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
}

/** What is in `callbacks` and `limits` is looked at where they are read. */
const rules: Rules<ApiOptions> = {
  interceptors: listOf('functions', aFunction),
  store: objectWith('get', 'put', 'find'),
  identify: aFunction,
  callbacks: anObject,
  limits: anObject,
  hideErrors: aFlag,
  logger: objectWith('debug', 'info', 'warn', 'error'),
  clock: aClock,
}

/** Procedures and their doors. Made by `createApi`. */
export class Api<Tree extends ProcedureTree = ProcedureTree> implements AsyncDisposable {
  /** Never there at run time; carries the procedures' types to their callers. */
  declare readonly '~api'?: Tree
  /** Says what is to be answered to HTTP requests. */
  readonly http: HttpDoor
  /** Takes calls from a door that brings each once by itself, such as a hub. */
  readonly handler: Handler<DirectCall, unknown>
  readonly #registry = new Registry()
  readonly #tally = new CallTally((name) => this.#registry.get(name) !== undefined)
  readonly #limits: KnownLimits
  readonly #clock: Clock
  readonly #desk: CallDesk
  readonly #store: CallStore
  readonly #callbacks: Callbacks | undefined
  readonly #callers: Callers
  readonly #sockets = new CallerSockets()
  readonly #doors = new Set<SocketDoor>()

  /** @throws PosthouseError `invalid_option` */
  constructor(tree: Tree, options: ApiOptions = {}) {
    checkOptions('createApi', options, rules)
    const { store = new MemoryCallStore(), clock = systemClock, logger = silentLogger, hideErrors = false } = options
    this.#registry.setTree(tree)
    this.#store = store
    this.#clock = clock
    this.#limits = knownLimits(options.limits)
    this.#callers = new Callers(options.identify)
    this.#callbacks = options.callbacks && new Callbacks(options.callbacks, { store, clock, logger })
    const limits = this.#limits
    const places = new Places()
    const invoke = invoker(options.interceptors ?? [])
    const admission = new Admission({ registry: this.#registry, limits, clock })
    const parts = { admission, tally: this.#tally, places, invoke, clock, logger }
    this.#desk = new CallDesk({ ...parts, store, limits, hideErrors, owed: (call) => this.#callbacks?.owe(call) })
    this.handler = (call) => callDirectly(call, parts)
    this.http = new HttpDoor({
      desk: this.#desk,
      callers: this.#callers,
      sockets: this.#sockets,
      clock,
      payloadBytes: limits.payloadBytes,
      assertCallbackUrl: (url) => this.#needCallbacks().assertUrl(url),
    })
  }

  /**
   * Adds a procedure, or a handler that takes anything, in place of what had the name before.
   * @throws PosthouseError `invalid_option`
   */
  register(name: string, procedure: Registrable): this {
    this.#registry.set(name, procedure)
    return this
  }

  /**
   * Adds several at once.
   * @throws PosthouseError `invalid_option`
   */
  registerBatch(procedures: Readonly<Record<string, Registrable>>): this {
    for (const [name, procedure] of Object.entries(procedures)) this.#registry.set(name, procedure)
    return this
  }

  /** Removes a procedure; false where there was none. Calls of it that are under way go on. */
  unregister(name: string): boolean {
    return this.#registry.delete(name)
  }

  /** Calls `listener` with the name of each procedure that is added, replaced or removed, until disposed of. */
  onChange(listener: (name: string) => void): Disposable {
    return this.#registry.onChange(listener)
  }

  /** What can be called, by name. */
  procedures(): readonly ProcedureInfo[] {
    return this.#registry.entries().map(procedureInfo)
  }

  /**
   * A door for Socket.IO on somebody else's server. It is closed with this.
   * @throws PosthouseError `invalid_option`
   */
  socketDoor(options?: SocketDoorOptions): SocketDoor {
    const { payloadBytes } = this.#limits
    const parts = { desk: this.#desk, callers: this.#callers, sockets: this.#sockets, payloadBytes, clock: this.#clock }
    const door = new SocketDoor(parts, options)
    this.#doors.add(door)
    return door
  }

  /** Resumes what an earlier run promised: accepted calls, and callbacks. Call it once all procedures are registered. */
  async start(): Promise<void> {
    await this.#desk.resume()
    await this.#callbacks?.resume()
  }

  /** Calls under way, the oldest first. */
  calls(): readonly CallInfo[] {
    return this.#desk.running().map(callInfo)
  }

  /**
   * Cancels a call under way, whoever made it.
   * @throws PosthouseError `unknown_call`
   */
  cancel(caller: string, requestId: string): void {
    const run = this.#desk.find(caller, requestId)
    if (run === undefined) throw new PosthouseError('unknown_call', `no call ${requestId} of ${caller} is under way`)
    this.#desk.cancel(run)
  }

  /** Current numbers, and counts since the start. */
  stats(): ApiStats {
    const sockets = [...this.#doors].reduce((sum, door) => sum + door.size, 0)
    const { size: remembered } = this.#store
    const callbacks = this.#callbacks?.size ?? 0
    const attempts = this.#callbacks?.stats() ?? { taken: 0, failed: 0, givenUp: 0 }
    const [procedures, refused] = [this.#tally.procedures(), this.#tally.refusals()]
    return { running: this.#desk.working, remembered, sockets, callbacks, attempts, procedures, refused }
  }

  /**
   * Callbacks that are owed, or were given up, the oldest first.
   * @throws PosthouseError `unsupported`
   */
  async callbacks(which: 'owed' | 'given-up', limit?: number): Promise<readonly CallbackInfo[]> {
    return this.#needCallbacks().list(which, limit)
  }

  /**
   * Starts a callback that was given up again, with its first attempt.
   * @throws PosthouseError `unknown_call`, `unsupported`
   */
  async redriveCallback(id: string): Promise<CallbackInfo> {
    return this.#needCallbacks().redrive(id)
  }

  /**
   * Forgets a callback that was given up.
   * @throws PosthouseError `unknown_call`, `unsupported`
   */
  async removeCallback(id: string): Promise<void> {
    await this.#needCallbacks().remove(id)
  }

  /** Takes no more calls, and finishes those under way and running attempts of callbacks. Callbacks still due are kept. */
  async drain(): Promise<void> {
    await this.#desk.drain()
    await this.#callbacks?.drain()
  }

  /** Ends everything at once. If the store outlives this process, the next run does what was promised. */
  async close(): Promise<void> {
    this.#desk.close()
    await Promise.all([...this.#doors].map((door) => door.close()))
    await this.#callbacks?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #needCallbacks(): Callbacks {
    if (this.#callbacks !== undefined) return this.#callbacks
    throw new PosthouseError('unsupported', 'this server makes no callbacks')
  }
}

/** Current numbers of an API, and counts since its start. */
export interface ApiStats {
  /** Handlers that are running. */
  readonly running: number
  /** Calls that are remembered. */
  readonly remembered: number
  readonly sockets: number
  /** Callbacks that wait for their next attempt, or are being made. */
  readonly callbacks: number
  /** How attempts to make them ended. */
  readonly attempts: CallbackStats
  /** How calls ended, by procedure; calls of unknown procedures are under the empty name. */
  readonly procedures: readonly ProcedureStats[]
  /** Calls that were not admitted, by code. */
  readonly refused: Readonly<Partial<Record<ErrorCode, number>>>
}

/**
 * Procedures by name, and the doors that they can be called by.
 * @throws PosthouseError `invalid_option`
 * @example
 * const api = createApi({
 *   user: { get: procedure({ input: z.object({ userId: z.number() }) }, ({ userId }) => users.get(userId)) },
 * })
 * export type MyApi = typeof api // createCallClient<MyApi>()
 */
export function createApi<const Tree extends ProcedureTree>(tree: Tree, options?: ApiOptions): Api<Tree> {
  return new Api(tree, options)
}
