import type { StandardSchema } from '@posthouse/core'
import type { Dependencies, Dependency } from '../dependencies/depends.ts'
import { type InputReader, inputReader } from '../request/inputs.ts'
import { plainJson, type Serialize, serializerOf } from '../response/serializer.ts'
import type { Endpoint } from '../routing/endpoint.ts'
import type { Route } from '../routing/router.ts'
import { toStandard } from '../schema/json-schema.ts'

/** All that can be prepared before the first request to an endpoint comes. */
export interface Plan {
  readonly handler: (context: never) => unknown
  readonly status: number
  readonly reader: InputReader
  readonly validateBody: StandardSchema['~standard']['validate'] | undefined
  readonly serialize: Serialize
  /** Those of the routers, of which nobody gets the values. */
  readonly guards: readonly Dependency[]
  readonly dependencies: Dependencies
  readonly guarded: boolean
  readonly handlerTimeout: number
}

/**
 * The plan of a route.
 *
 * @param checked whether responses are checked against their schema
 */
export function planOf(
  { endpoint, dependencies: guards }: Route<Endpoint>,
  checked: boolean,
  handlerTimeout: number,
): Plan {
  const { options, handler } = endpoint
  const { dependencies = {}, body, response } = options
  return {
    handler,
    status: options.status ?? 200,
    reader: inputReader(options),
    validateBody: body === undefined ? undefined : toStandard(body)['~standard'].validate,
    serialize: response === undefined ? plainJson : serializerOf(response, checked),
    guards,
    dependencies,
    guarded: guards.length > 0 || Object.keys(dependencies).length > 0,
    handlerTimeout: options.handlerTimeout ?? handlerTimeout,
  }
}
