import type { Call, Hub } from '@posthouse/hub'
import type { Api, DirectCall } from '@posthouse/rpc'

/**
 * Has the hub answer requests with procedures, until disposed of: also with those that come later. Who a client is and what it
 * may call, the hub has found out. Nothing of such a call is remembered, and of its progress nothing is told: a request ends
 * with its connection, and its id means nothing behind that (spec: 4.8.9). Whoever wants the first answer again calls by another
 * door.
 */
export function serveThroughHub(hub: Hub, api: Api): Disposable {
  const handled = new Map<string, Disposable>()
  const update = (name: string): void => {
    handled.get(name)?.[Symbol.dispose]()
    handled.delete(name)
    const info = api.procedures().find((procedure) => procedure.name === name)
    // Those of the hub's own names have no way through it.
    if (info === undefined || name.startsWith('hub.')) return
    const { permission } = info
    handled.set(
      name,
      hub.handle(name, (call) => api.handler(new HubCall(call)), { permission }),
    )
  }
  for (const { name } of api.procedures()) update(name)
  const subscription = api.onChange(update)
  return {
    [Symbol.dispose]: () => {
      subscription[Symbol.dispose]()
      for (const handler of handled.values()) handler[Symbol.dispose]()
    },
  }
}

/** A request as a call. Most handlers never ask for its signal, which costs more than they do. */
class HubCall implements DirectCall {
  readonly procedure: string
  readonly input: unknown
  readonly caller: DirectCall['caller']
  readonly deadline: number
  readonly #call: Call

  constructor(call: Call) {
    const { from, method, body, deadline } = call
    this.procedure = method
    this.input = body
    this.caller = { id: from, name: from, may: permitted }
    this.deadline = deadline
    this.#call = call
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }
}

/** The hub has asked already. */
const permitted = (): boolean => true
