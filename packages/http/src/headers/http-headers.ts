import { inspect } from 'node:util'
import { PosthouseError } from '@posthouse/core'
import { redactHeaders } from '../errors/redact.ts'

/** Header fields as people write them: pairs, a record, a `Headers`, or our own. Fields of `undefined` are left out. */
export type HeadersInput =
  | HttpHeaders
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | number | readonly string[] | undefined>>

/** Lower-case names to a value, or to several where a field came more than once. */
export type HeaderRecord = Record<string, string | string[]>

/** RFC 9110, section 5.6.2. */
const tokenForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: These are what must not get into a header.
const forbiddenInValue = /[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/

/** What `Object.create(null)` makes is the same, but takes V8 eight times as long to fill, copy and list. */
class Fields {
  [name: string]: string | string[]
}
Object.setPrototypeOf(Fields.prototype, null)
Reflect.deleteProperty(Fields.prototype, 'constructor')

/**
 * A record that inherits nothing: a header may be called `__proto__`, and nobody who changed `Object.prototype` gets a header
 * into our requests.
 */
export function emptyRecord(): HeaderRecord {
  return new Fields()
}

/** Header fields of a request or an answer, found without regard to case. Shows no secrets when it is printed. */
export class HttpHeaders implements Iterable<[string, string]> {
  #fields: HeaderRecord = emptyRecord()

  /** @throws `invalid_request` for a name or a value that HTTP does not allow: line breaks, NUL, characters above U+00FF. */
  constructor(input?: HeadersInput) {
    if (input !== undefined) this.merge(input)
  }

  /** Takes fields as they came over the wire, without looking at them: names are lower-case already. */
  static received(fields: HeaderRecord): HttpHeaders {
    const headers = new HttpHeaders()
    headers.#fields = fields
    return headers
  }

  /** The value of a field; of one that came more than once all values with `, ` between them; or `otherwise`. */
  get(name: string): string | undefined
  get<Otherwise>(name: string, otherwise: Otherwise): string | Otherwise
  get(name: string, otherwise?: unknown): unknown {
    const value = this.#valueOf(name)
    if (value === undefined) return otherwise
    return typeof value === 'string' ? value : value.join(', ')
  }

  /** Each value of a field by itself, as `set-cookie` needs it. */
  getAll(name: string): string[] {
    const value = this.#valueOf(name)
    if (value === undefined) return []
    return typeof value === 'string' ? [value] : [...value]
  }

  has(name: string): boolean {
    return this.#valueOf(name) !== undefined
  }

  /** Replaces a field in whatever spelling it is there. */
  set(name: string, value: string | number | readonly string[]): this {
    const key = checkedName(name)
    this.#fields[key] = Array.isArray(value) ? value.map((one) => checkedValue(key, one)) : checkedValue(key, value)
    return this
  }

  /** Adds a value to a field. */
  append(name: string, value: string): this {
    const key = checkedName(name)
    const checked = checkedValue(key, value)
    const before = this.#fields[key]
    if (before === undefined) this.#fields[key] = checked
    else this.#fields[key] = typeof before === 'string' ? [before, checked] : [...before, checked]
    return this
  }

  delete(name: string): boolean {
    const key = name.toLowerCase()
    return Object.hasOwn(this.#fields, key) && delete this.#fields[key]
  }

  /** Sets each field of `input`; one that comes several times in it keeps all of its values. */
  merge(input: HeadersInput): this {
    if (input instanceof HttpHeaders) Object.assign(this.#fields, input.toRecord())
    else if (isIterable(input)) this.#mergePairs(input)
    else this.#mergeRecord(input)
    return this
  }

  copy(): HttpHeaders {
    return new HttpHeaders(this)
  }

  *[Symbol.iterator](): Iterator<[string, string]> {
    for (const [name, value] of Object.entries(this.#fields)) {
      if (typeof value === 'string') yield [name, value]
      else for (const one of value) yield [name, one]
    }
  }

  /** All fields under their lower-case names, secrets too. Not a copy: reading only. */
  toRecord(): Readonly<HeaderRecord> {
    return this.#fields
  }

  /** What `JSON.stringify` sees: the fields without their secrets. */
  toJSON(): HeaderRecord {
    return redactHeaders(this.#fields)
  }

  // Declarations that are made file by file cannot name a method by `inspect.custom`.
  static {
    Object.defineProperty(HttpHeaders.prototype, inspect.custom, {
      value(this: HttpHeaders): string {
        return `HttpHeaders ${inspect(this.toJSON())}`
      },
    })
  }

  #valueOf(name: string): string | string[] | undefined {
    const fields = this.#fields
    const key = Object.hasOwn(fields, name) ? name : name.toLowerCase()
    return Object.hasOwn(fields, key) ? fields[key] : undefined
  }

  #mergePairs(pairs: Iterable<readonly [string, string]>): void {
    const seen = new Set<string>()
    for (const pair of pairs) {
      const [name, value] = pairOf(pair)
      const key = name.toLowerCase()
      if (seen.has(key)) this.append(name, value)
      else this.set(name, value)
      seen.add(key)
    }
  }

  #mergeRecord(record: Readonly<Record<string, string | number | readonly string[] | undefined>>): void {
    for (const name of Object.keys(record)) {
      const value = record[name]
      if (value !== undefined) this.set(name, value)
    }
  }
}

function isIterable(input: object): input is Iterable<readonly [string, string]> {
  return Symbol.iterator in input
}

function pairOf(pair: readonly [string, string]): readonly [string, string] {
  if (Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string') return [pair[0], pair[1]]
  throw new PosthouseError('invalid_request', 'headers that are a list must be pairs of a name and a value')
}

/** Names that were looked at before, in lower case. The same few come with each request. */
const knownNames = new Map<string, string>()
const mostKnownNames = 500
const longestKnownName = 64

function checkedName(name: string): string {
  const known = knownNames.get(name)
  if (known !== undefined) return known
  if (typeof name !== 'string' || !tokenForm.test(name)) {
    throw new PosthouseError('invalid_request', `${JSON.stringify(name)} is no name of a header`)
  }
  const key = name.toLowerCase()
  if (knownNames.size < mostKnownNames && name.length <= longestKnownName) knownNames.set(name, key)
  return key
}

/** The value itself stays out of the message: it may be a secret. */
function checkedValue(name: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') {
    const kind = value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
    throw new PosthouseError(
      'invalid_request',
      `the value of the header ${name} must be a text or a number, not ${kind}`,
    )
  }
  const text = String(value)
  if (forbiddenInValue.test(text)) {
    throw new PosthouseError('invalid_request', `the value of the header ${name} has a character that HTTP forbids`)
  }
  return text
}
