import type { Environment } from '../app/options.ts'
import { type InputReader, inputReader } from '../request/inputs.ts'
import { pathMatcher } from '../routing/path.ts'
import type { Route } from '../routing/router.ts'
import type { SocketEndpoint } from './endpoint.ts'
import { type MessageReader, outgoingCheck, schemaReader } from './message-format.ts'
import type { RawMessage } from './message-queue.ts'
import { type OriginCheck, originCheck } from './origin-check.ts'
import { jsonText } from './socket-connection.ts'
import { type ResolvedLimits, resolveLimits, type SocketLimits } from './socket-limits.ts'
import { Upgrader } from './upgrader.ts'

/** A WebSocket endpoint, made ready to serve connections. */
export interface SocketRoute {
  readonly route: Route<SocketEndpoint>
  readonly match: (pathname: string) => Readonly<Record<string, string>> | undefined
  readonly limits: ResolvedLimits
  readonly checkOrigin: OriginCheck
  readonly inputs: InputReader
  readonly upgrader: Upgrader
  readonly read: MessageReader<unknown>
  readonly write: (message: unknown) => RawMessage | Promise<RawMessage>
}

/** What the endpoints of an app have in common. */
export interface RouteSettings {
  readonly env: Environment
  readonly limits?: SocketLimits | undefined
  readonly origins?: readonly string[] | undefined
}

/** Makes an endpoint ready. @throws PosthouseError `invalid_option` */
export function socketRoute(route: Route<SocketEndpoint>, settings: RouteSettings): SocketRoute {
  const { options } = route.endpoint
  const limits = resolveLimits(route.path, options.limits, settings.limits)
  const incoming = options.messages?.in
  return {
    route,
    match: pathMatcher(route.path),
    limits,
    checkOrigin: originCheck([...(settings.origins ?? []), ...(options.origins ?? [])]),
    inputs: inputReader(options),
    upgrader: new Upgrader(limits),
    read: incoming === undefined ? (raw) => raw : schemaReader(incoming),
    write: writer(options.messages?.out, settings.env),
  }
}

/** In production what goes out is trusted, as responses are. */
function writer(
  schema: NonNullable<SocketEndpoint['options']['messages']>['out'],
  env: Environment,
): SocketRoute['write'] {
  // Without a schema the types of the endpoint let nothing but text and bytes through.
  if (schema === undefined) return (message) => message as RawMessage
  if (env === 'production') return jsonText
  const check = outgoingCheck(schema)
  return async (message) => {
    await check(message)
    return jsonText(message)
  }
}
