import type { StandardSchema } from '@posthouse/core'
import type { RequestLimits } from '../app/options.ts'
import { kindOf } from '../body/body-kind.ts'
import type { BodyRules } from '../body/body-reader.ts'
import type { Dependencies, Dependency } from '../dependencies/depends.ts'
import type { ProblemFormat } from '../problem/problem-response.ts'
import { type InputReader, inputReader } from '../request/inputs.ts'
import { plainJson, type Serialize, serializerOf } from '../response/serializer.ts'
import type { Endpoint, EndpointOptions } from '../routing/endpoint.ts'
import { parsePath } from '../routing/path.ts'
import type { Route } from '../routing/router.ts'
import { toStandard } from '../schema/json-schema.ts'

/** A body that comes with one of these means nothing (RFC 9110, section 9.3), and is not read. */
const bodyless = new Set(['GET', 'HEAD', 'TRACE'])

/** All that can be prepared before the first request to an endpoint comes. */
export interface Plan {
  readonly handler: (context: never) => unknown
  readonly status: number
  /** The parameter that takes the rest of the path with its slashes, where there is one. */
  readonly rest: string | undefined
  readonly reader: InputReader
  /** Nothing for methods whose requests have no body. */
  readonly bodyRules: BodyRules | undefined
  readonly validateBody: StandardSchema['~standard']['validate'] | undefined
  readonly serialize: Serialize
  /** Those of the routers, of which nobody gets the values. */
  readonly guards: readonly Dependency[]
  readonly dependencies: Dependencies
  readonly guarded: boolean
  readonly handlerTimeout: number
  /** Nothing where it is that of the app. */
  readonly formatProblem: ProblemFormat | undefined
}

/**
 * The plan of a route.
 *
 * @param checked whether responses are checked against their schema
 */
export function planOf(
  { endpoint, path, dependencies: guards }: Route<Endpoint>,
  checked: boolean,
  limits: RequestLimits,
): Plan {
  const { options, handler, method } = endpoint
  const { dependencies = {}, body, response } = options
  const last = parsePath(path).at(-1)
  return {
    handler,
    rest: last !== undefined && 'name' in last && last.rest ? last.name : undefined,
    status: options.status ?? 200,
    reader: inputReader(options),
    bodyRules: bodyless.has(method) ? undefined : rulesOf(options, limits),
    validateBody: body === undefined ? undefined : toStandard(body)['~standard'].validate,
    serialize: response === undefined ? plainJson : serializerOf(response, checked),
    guards,
    dependencies,
    guarded: guards.length > 0 || Object.keys(dependencies).length > 0,
    handlerTimeout: options.handlerTimeout ?? limits.handlerTimeout ?? 0,
    formatProblem: options.formatProblem,
  }
}

function rulesOf({ body, bodyLimit, bodyTimeout }: EndpointOptions, limits: RequestLimits): BodyRules {
  const kind = kindOf(body)
  const usualTimeout = kind?.streamed === true ? 0 : (limits.bodyTimeout ?? 30_000)
  return {
    kind,
    limit: bodyLimit ?? limits.bodyLimit ?? 1024 * 1024,
    pace: { timeout: bodyTimeout ?? usualTimeout, minRate: limits.minBodyRate ?? 240 },
  }
}
