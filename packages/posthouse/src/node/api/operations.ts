import type { Hub } from '@posthouse/hub'
import type { Router } from '@posthouse/web'
import { groupOperations } from './group-operations.ts'
import { keptOperations } from './kept-operations.ts'
import { numberOperations } from './number-operations.ts'
import type { Operation, Values } from './operation.ts'

/** Declares the operations that are methods of the hub. */
export function addOperations(router: Router, hub: Hub): void {
  const all = [...groupOperations, ...keptOperations, ...numberOperations]
  for (const operation of all) addOperation(router, hub, operation)
}

/** Declares one of them, with the right to administer where `router` asks for it. */
export function addOperation(router: Router, hub: Hub, operation: Operation): void {
  const { http, path, method, tag, summary, params, query, body, response, errors = {} } = operation
  const { read = (values: Values) => values, write = (answer: unknown) => answer } = operation
  const options = {
    summary,
    tags: [tag],
    ...(params && { params }),
    ...(query && { query }),
    ...(body && { body }),
    ...(response && { response }),
    responses: Object.fromEntries(Object.entries(errors).map(([status, description]) => [status, { description }])),
  }
  router.method(http, path, options, async (context) => {
    const brought = [context.params, query && context.query, body && context.body]
    const values = Object.assign({}, ...brought.map((part) => part ?? {})) as Values
    const { signal } = context
    return write(await hub.request('hub', method, read(values), { signal }))
  })
}
