import type { Call, Hub } from '@posthouse/hub'
import type { Api } from '@posthouse/rpc'

/**
 * Has the hub answer requests with procedures, until disposed of: also with those that come later. Who a client is and what it
 * may, the hub has found out: it lets nobody call that may not.
 */
export function serveThroughHub(hub: Hub, api: Api): Disposable {
  const handled = new Map<string, Disposable>()
  const update = (name: string): void => {
    handled.get(name)?.[Symbol.dispose]()
    handled.delete(name)
    const info = api.procedures().find((procedure) => procedure.name === name)
    // Those of the hub's own names, and those that want more than to be called, have no way through it.
    if (info === undefined || name.startsWith('hub.')) return
    handled.set(
      name,
      hub.handle(name, (call) => api.handler(directCall(call))),
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

function directCall({ from, method, body, signal, deadline }: Call): Parameters<Api['handler']>[0] {
  const caller = { id: from, name: from, may: (permission: string) => permission !== 'administer' }
  return { procedure: method, input: body, caller, signal, deadline }
}
