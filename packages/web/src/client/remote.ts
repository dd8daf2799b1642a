import type { Endpoint } from '../routing/endpoint.ts'
import type { SocketEndpoint } from '../socket/endpoint.ts'
import type { Endpoints } from './create-client.ts'

/** Where each endpoint is: its method and whole path, for a WebSocket the word `websocket` and its path. */
export type Whereabouts<E extends Endpoints> = {
  readonly [Name in keyof E]: E[Name] extends Endpoint ? `${Uppercase<string>} /${string}` : `websocket /${string}`
}

/**
 * Endpoints of an app that is not loaded here, such as in a browser: of the app only the types are imported. Bodies and messages
 * are JSON.
 *
 * @example
 * import type { getItem, chat } from './app.ts'
 * const api = remote<{ getItem: typeof getItem; chat: typeof chat }>({ getItem: 'GET /items/{id}', chat: 'websocket /ws/chat' })
 * const client = createClient(api, { baseUrl: location.origin })
 */
export function remote<E extends Endpoints>(where: Whereabouts<E>): E {
  const endpoints = Object.entries<string>(where).map(([name, place]) => [name, endpointAt(place)])
  // The caller names the types; what is there at run time is all that a client reads.
  return Object.fromEntries(endpoints) as E
}

function endpointAt(place: string): Endpoint | SocketEndpoint {
  const space = place.indexOf(' ')
  const [method, path] = [place.slice(0, space), place.slice(space + 1)]
  if (method === 'websocket')
    return { kind: 'socket', path, options: { messages: { in: {}, out: {} } }, handler: absent }
  return { kind: 'http', method, path, options: {}, handler: absent }
}

function absent(): never {
  throw new Error('This endpoint is served elsewhere')
}
