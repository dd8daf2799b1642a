import { PosthouseError } from '@posthouse/core'

/** What the hub allows an upload. */
export interface Grant {
  /** Of the future file; of a folder it ends with `/`. */
  readonly key: string
  /** Where an upload is begun. */
  readonly url: string
  /** Where it then is. */
  readonly location: string
  readonly token: string
  /** The most that should go into one request. */
  readonly chunkBytes: number
  /** The key that the manifest of a folder gets. */
  readonly manifest?: string
}

/** Where a file is fetched, and what it is. */
export interface FetchPlace {
  readonly key: string
  readonly url: string
  readonly size: number
  readonly sha256?: string
  readonly name?: string
  readonly type?: string
}

/** @throws PosthouseError `invalid_body` where the hub answered with something else */
export function readGrant(value: unknown, origin: string): Grant {
  const { key, url, location, token, chunkBytes, manifest } = fieldsOf(value)
  const told = typeof chunkBytes === 'number' && chunkBytes > 0 ? chunkBytes : Number.POSITIVE_INFINITY
  return {
    key: textOf(key, 'key'),
    url: new URL(textOf(url, 'url'), origin).href,
    location: new URL(textOf(location, 'location'), origin).href,
    token: textOf(token, 'token'),
    chunkBytes: told,
    ...(typeof manifest === 'string' && { manifest }),
  }
}

/** @throws PosthouseError `invalid_body` */
export function readPlace(value: unknown, origin: string): FetchPlace {
  const { key, url, size, sha256, name, type } = fieldsOf(value)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw wrong('size')
  return {
    key: textOf(key, 'key'),
    url: new URL(textOf(url, 'url'), origin).href,
    size,
    ...(typeof sha256 === 'string' && { sha256 }),
    ...(typeof name === 'string' && { name }),
    ...(typeof type === 'string' && { type }),
  }
}

/** @throws PosthouseError `invalid_body` */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  throw wrong('answer')
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw wrong(name)
}

function wrong(name: string): PosthouseError {
  return new PosthouseError('invalid_body', `the hub's answer about a file has a wrong ${name}`)
}
