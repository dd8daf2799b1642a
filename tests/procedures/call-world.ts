import { type CallClient, type CallClientOptions, createCallClient } from '@posthouse/client/calls'
import { type CallStore, MemoryCallStore } from '@posthouse/core'
import { type Api, createApi, procedure } from '@posthouse/rpc'
import { FaultProxy } from '../../packages/client/test/caller/fault-proxy.ts'
import { type Serving, serve } from '../../packages/rpc/test/serve.ts'

/** A server of calls, a client, and a line for each door between them. */
export class CallWorld implements AsyncDisposable {
  /** Each time that a handler ran, by what it was given. */
  readonly executions: number[] = []
  /** Why handlers were told to stop. */
  readonly reasons: string[] = []
  /** What the handlers have returned, until which they wait. */
  readonly finished = Promise.withResolvers<void>()
  /** The first handler has begun. */
  readonly begun = Promise.withResolvers<void>()
  readonly store: CallStore
  #tried: () => void = () => undefined
  readonly #resources = new AsyncDisposableStack()
  #api: Api
  #serving: Serving | undefined
  #socketLine: FaultProxy | undefined
  #httpLine: FaultProxy | undefined

  private constructor(store: CallStore) {
    this.store = store
    this.#api = this.#createApi(store)
  }

  static async start(store: CallStore = new MemoryCallStore()): Promise<CallWorld> {
    const world = new CallWorld(store)
    const serving = await serve(world.#api)
    world.#serving = serving
    world.#socketLine = world.#resources.use(await FaultProxy.start(world.#port))
    world.#httpLine = world.#resources.use(await FaultProxy.start(world.#port))
    return world
  }

  get socketLine(): FaultProxy {
    return present(this.#socketLine)
  }

  get httpLine(): FaultProxy {
    return present(this.#httpLine)
  }

  /** A client that is quick to notice and to try again. It is disconnected with the world. */
  client(options: CallClientOptions = {}): CallClient {
    return this.#resources.use(
      createCallClient({
        logLevel: 'silent',
        reconnectionDelayMs: 20,
        reconnectionDelayMaxMs: 100,
        silenceMs: 250,
        connectTimeoutMs: 2000,
        // Asked for each connection, and each request.
        token: () => {
          this.#tried()
          return 'any'
        },
        ...options,
      }),
    )
  }

  /** Resolves when a client of this world tries to get to the server, be it in vain. */
  nextAttempt(): Promise<void> {
    return new Promise((resolve) => {
      this.#tried = resolve
    })
  }

  /** The addresses of the doors, each at its line. */
  get doors(): { readonly socketUrl: string; readonly httpUrl: string } {
    return {
      socketUrl: `ws://127.0.0.1:${this.socketLine.port}`,
      httpUrl: `http://127.0.0.1:${this.httpLine.port}/api/call`,
    }
  }

  /** The server takes no more calls. */
  drain(): Promise<void> {
    return this.#api.drain()
  }

  /** The server goes at once, and another one comes, which remembers what `store` does. */
  async restart(store: CallStore): Promise<void> {
    await Promise.all([this.socketLine.close(), this.httpLine.close()])
    await this.#serving?.[Symbol.asyncDispose]()
    this.#api = this.#createApi(store)
    this.#serving = await serve(this.#api)
    await this.#api.start()
    await Promise.all([this.socketLine.open(this.#port), this.httpLine.open(this.#port)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.finished.resolve()
    await this.#resources.disposeAsync()
    await this.#serving?.[Symbol.asyncDispose]()
  }

  get #port(): number {
    return Number(new URL(present(this.#serving).url).port)
  }

  #createApi(store: CallStore): Api {
    const { executions, finished, begun, reasons } = this
    const work = async (input: unknown): Promise<unknown> => {
      executions.push(Number(input))
      begun.resolve()
      await finished.promise
      return { worked: input }
    }
    return createApi(
      {
        work: procedure({}, work),
        quick: procedure({}, (input: unknown) => {
          executions.push(Number(input))
          return input
        }),
        count: procedure({}, async function* (input: unknown) {
          for (let n = 0; n < Number(input); n++) {
            executions.push(n)
            yield n
          }
        }),
        tell: procedure({}, async (_: unknown, context) => {
          context.progress({ percent: 10 })
          // A caller that has not read it would be told the next one only.
          await begun.promise
          context.progress({ percent: 50 })
          await finished.promise
          return 'told'
        }),
        stuck: procedure({}, (_: unknown, { signal }) => {
          begun.resolve()
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason.code)
              finished.resolve()
              reject(signal.reason)
            })
          })
        }),
      },
      { store },
    ) as unknown as Api
  }
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the world has not begun')
  return value
}
