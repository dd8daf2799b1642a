import { PosthouseError } from '@posthouse/core'

/** The parameters that a path names: `'/items/{id}'` and `'/items/:id'` give `{ id: string }`. */
export type PathParams<Path extends string> = { readonly [Name in NamesOf<Path>]: string }

type NamesOf<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? NameOf<Segment> | NamesOf<Rest>
  : NameOf<Path>

type NameOf<Segment extends string> = Segment extends `{${infer Name}:path}`
  ? Name
  : Segment extends `{${infer Name}}`
    ? Name
    : Segment extends `:${infer Name}`
      ? Name
      : never

/** One step of a path: fixed text, the name of a parameter, or of one that takes the rest with its slashes. */
export type Segment = { readonly text: string } | { readonly name: string; readonly rest: boolean }

const parameter = /^(?:\{([A-Za-z_]\w*)(:path)?\}|:([A-Za-z_]\w*))$/

/**
 * The segments of a path. A parameter fills a whole segment: `{id}`, `:id`, or as the last one `{rest:path}`.
 *
 * @throws PosthouseError `invalid_option` for any other use of braces, colons and stars
 */
export function parsePath(path: string): readonly Segment[] {
  if (!path.startsWith('/')) throw wrong(path, 'begins with a slash')
  const segments = path
    .slice(1)
    .split('/')
    .map((text) => parseSegment(text, path))
  const names = segments.flatMap((segment) => ('name' in segment ? [segment.name] : []))
  if (new Set(names).size < names.length) throw wrong(path, 'names each parameter once')
  const rest = segments.findIndex((segment) => 'name' in segment && segment.rest)
  if (rest !== -1 && rest < segments.length - 1) throw wrong(path, 'has {name:path} at its end only')
  return segments
}

function parseSegment(text: string, path: string): Segment {
  const [, braced, rest, coloned] = parameter.exec(text) ?? []
  const name = braced ?? coloned
  if (name !== undefined) return { name, rest: rest !== undefined }
  if (/[{}:*?#\s]/.test(text))
    throw wrong(path, 'has parameters that fill a whole segment, {id} or :id, and no * ? # or space')
  return { text }
}

function wrong(path: string, rule: string): PosthouseError {
  return new PosthouseError('invalid_option', `The path ${JSON.stringify(path)} cannot be served: a path ${rule}`)
}

/** Puts a prefix before a path; a path `/` below a prefix is the prefix itself. */
export function joinPaths(prefix: string, path: string): string {
  const joined = prefix.replace(/\/$/, '') + (path === '/' && prefix !== '' ? '' : path)
  return joined === '' ? '/' : joined
}

/** The path as OpenAPI and AsyncAPI write it: `/items/{id}`. */
export function templateOf(path: string): string {
  return `/${parsePath(path)
    .map((segment) => ('text' in segment ? segment.text : `{${segment.name}}`))
    .join('/')}`
}

/** A path with values in the place of its parameters, each escaped for a URL. */
export function fillPath(path: string, params: Readonly<Record<string, unknown>>): string {
  return `/${parsePath(path)
    .map((segment) => ('text' in segment ? segment.text : fill(segment, params[segment.name], path)))
    .join('/')}`
}

function fill({ name, rest }: { name: string; rest: boolean }, value: unknown, path: string): string {
  const text = String(value ?? '')
  if (text === '') throw new PosthouseError('invalid_option', `The path ${path} needs a value for ${name}`)
  return rest ? text.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(text)
}

/** How to read the parameters out of the path of a URL; nothing for a URL that does not match, or is badly escaped. */
export function pathMatcher(path: string): (pathname: string) => Record<string, string> | undefined {
  const segments = parsePath(path)
  const names = segments.flatMap((segment) => ('name' in segment ? [segment.name] : []))
  const pattern = new RegExp(`^${segments.map(patternOf).join('')}$`)
  return (pathname) => {
    const values = pattern.exec(pathname)?.slice(1).map(decode)
    if (values === undefined || values.includes(undefined)) return undefined
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
  }
}

function patternOf(segment: Segment): string {
  if ('text' in segment) return `/${segment.text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`
  return segment.rest ? '/(.+)' : '/([^/]+)'
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
