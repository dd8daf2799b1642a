import { types } from 'node:util'
import { PosthouseError } from '@posthouse/core'
import { HttpHeaders } from '../headers/http-headers.ts'

/** What stands in the place of a value that cannot cross from one thread to another. */
export interface Mark {
  readonly $: string
  readonly [part: string]: unknown
}

/** Packs and unpacks one kind of value that both threads know in their own way. */
export interface Kind {
  /** The mark for a value of this kind; undefined for any other. */
  pack(value: object, key: string): Mark | undefined
}

/** How marks become values again, by their kind. */
export type Unpackers = Readonly<Record<string, (mark: Mark) => unknown>>

/** Says what cannot cross. */
function foreign(value: object, key: string): PosthouseError {
  const what = value.constructor?.name ?? 'object'
  const message = `${key}: what is of the type ${what} cannot be handed to the thread that sends requests for the synchronous client`
  return new PosthouseError('invalid_option', message)
}

/** A copy that can be posted to another thread. @throws `invalid_option` for what cannot */
export function pack(value: unknown, kinds: readonly Kind[], key = 'value'): unknown {
  if (typeof value !== 'object' && typeof value !== 'function') return value
  if (value === null) return null
  for (const kind of kinds) {
    const mark = kind.pack(value, key)
    if (mark !== undefined) return mark
  }
  if (Array.isArray(value)) return value.map((one) => pack(one, kinds, key))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return packRecord(value, kinds)
  if (crosses(value)) return value
  throw foreign(value, key)
}

function packRecord(value: object, kinds: readonly Kind[]): Record<string, unknown> {
  const packed: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(value)) {
    // A record of one's own must not be taken for a mark.
    packed[name.startsWith('$') ? `$${name}` : name] = pack(part, kinds, name)
  }
  return packed
}

/** What the platform copies by itself. */
function crosses(value: object): boolean {
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || types.isDate(value)) return true
  return types.isRegExp(value) || value instanceof Blob || value instanceof Set || value instanceof Map
}

/** The value that was packed. */
export function unpack(packed: unknown, unpackers: Unpackers): unknown {
  if (typeof packed !== 'object' || packed === null || crosses(packed)) return packed
  if (Array.isArray(packed)) return packed.map((one) => unpack(one, unpackers))
  if (isMark(packed)) return unpackers[packed.$]?.(packed)
  const value: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(packed)) {
    value[name.startsWith('$$') ? name.slice(1) : name] = unpack(part, unpackers)
  }
  return value
}

function isMark(packed: object): packed is Mark {
  return '$' in packed && typeof packed.$ === 'string'
}

/** URLs, headers, queries and forms. */
export const plainKind: Kind = {
  pack(value) {
    if (value instanceof URL) return { $: 'url', href: value.href }
    if (value instanceof HttpHeaders || value instanceof Headers) return { $: 'headers', pairs: [...value] }
    if (value instanceof URLSearchParams) return { $: 'query', text: value.toString() }
    if (value instanceof FormData) return { $: 'form', entries: [...value].map(([name, part]) => [name, part]) }
    return undefined
  },
}

/** The counterpart of `plainKind`. Each `as` is what that one packs. */
export const plainUnpackers: Unpackers = {
  url: ({ href }) => new URL(href as string),
  headers: ({ pairs }) => new HttpHeaders(pairs as [string, string][]),
  query: ({ text }) => new URLSearchParams(text as string),
  form: ({ entries }) => {
    const form = new FormData()
    for (const [name, part] of entries as [string, string | Blob][]) {
      if (typeof part === 'string') form.append(name, part)
      else form.append(name, part)
    }
    return form
  },
}
