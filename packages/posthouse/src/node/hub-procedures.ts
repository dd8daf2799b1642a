import { parseAddress } from '@posthouse/core'
import type { Call, Hub, Identity } from '@posthouse/hub'
import type { Api, Caller, DirectCall } from '@posthouse/rpc'

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
      hub.handle(name, (call) => api.handler(new HubCall(call, new HubCaller(hub, call.from, permission))), {
        permission,
      }),
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

  constructor(call: Call, caller: Caller) {
    const { method, body, deadline } = call
    this.procedure = method
    this.input = body
    this.caller = caller
    this.deadline = deadline
    this.#call = call
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }
}

/** A client as its hub knows it, which is asked for what a handler wants to know only. */
class HubCaller implements Caller {
  readonly id: string
  readonly #hub: Hub
  readonly #permission: string

  /** @param permission what the hub has found that it may use */
  constructor(hub: Hub, from: string, permission: string) {
    this.id = from
    this.#hub = hub
    this.#permission = permission
  }

  get name(): string | undefined {
    return this.#identity()?.name
  }

  may(permission: string): boolean {
    if (permission === this.#permission || this.id === 'hub') return true
    return mayUse(this.#identity(), permission)
  }

  #identity(): Identity | undefined {
    return this.#hub.identityOf(parseAddress(this.id).name)
  }
}

/** Whether somebody may use what needs this permission: procedures are methods of the hub, and administrators may call those that want one. */
export function mayUse(identity: Identity | undefined, permission: string): boolean {
  if (permission === 'administer') return identity?.may('administer', 'hub') === true
  return identity?.mayCall('hub', permission) === true
}
