import { pathMatcher } from './path.ts'

/** What one endpoint answers. */
interface Place {
  readonly method: string
  readonly path: string
}

/** Tells the methods that a path has, in the order of the alphabet; none where nothing is there. */
export function allowedMethods(places: readonly Place[]): (pathname: string) => readonly string[] {
  const byPath = new Map<string, string[]>()
  for (const { method, path } of places) byPath.set(path, [...(byPath.get(path) ?? []), ...answeredBy(method)])
  const matchers = [...byPath].map(([path, methods]) => ({ match: pathMatcher(path), methods }))
  return (pathname) => {
    const found = matchers.filter(({ match }) => match(pathname) !== undefined)
    return [...new Set(found.flatMap(({ methods }) => methods))].toSorted()
  }
}

/** Whoever answers GET answers HEAD. */
function answeredBy(method: string): readonly string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method]
}
