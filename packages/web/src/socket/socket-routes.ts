import { PosthouseError } from '@posthouse/core'
import { parsePath } from '../routing/path.ts'
import type { SocketRoute } from './socket-route.ts'

/** The endpoint of a path, with what its parameters are. */
export interface FoundRoute {
  readonly route: SocketRoute
  readonly params: Readonly<Record<string, string>>
}

/** Finds WebSocket endpoints by path. Fixed text goes before a parameter, and a parameter before the rest of a path. */
export class SocketRoutes {
  readonly #fixed = new Map<string, SocketRoute>()
  readonly #others: readonly SocketRoute[]

  /** @throws PosthouseError `invalid_option` where two endpoints have one path */
  constructor(routes: readonly SocketRoute[]) {
    const shapes = new Map(routes.map((route) => [shapeOf(route), route]))
    if (shapes.size < routes.length) throw twice(routes)
    for (const [shape, route] of shapes) if (!shape.includes('{')) this.#fixed.set(route.route.path, route)
    this.#others = [...shapes]
      .filter(([shape]) => shape.includes('{'))
      // A brace sorts behind every letter, so fixed text comes first wherever two paths part.
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, route]) => route)
  }

  find(pathname: string): FoundRoute | undefined {
    const fixed = this.#fixed.get(pathname)
    if (fixed !== undefined) return { route: fixed, params: {} }
    for (const route of this.#others) {
      const params = route.match(pathname)
      if (params !== undefined) return { route, params }
    }
    return undefined
  }
}

/** The path without the names of its parameters. */
function shapeOf({ route }: SocketRoute): string {
  return parsePath(route.path)
    .map((segment) => ('text' in segment ? segment.text : segment.rest ? '{}}' : '{}'))
    .join('/')
}

function twice(routes: readonly SocketRoute[]): PosthouseError {
  const shapes = routes.map(shapeOf)
  const later = shapes.findIndex((shape, index) => shapes.indexOf(shape) !== index)
  const path = routes[later]?.route.path
  const earlier = routes[shapes.indexOf(shapes[later] ?? '')]?.route.path
  const same = earlier === path ? 'it is declared twice' : `${earlier} takes the same requests`
  return new PosthouseError('invalid_option', `websocket ${path} cannot be served: ${same}`)
}
