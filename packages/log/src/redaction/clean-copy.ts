import type { LogFields } from '@posthouse/core'
import { describeError, isError } from './described-error.ts'

/** How one object is cleaned. */
export interface CopyRules {
  readonly secret: (name: string) => boolean
  readonly text: (text: string) => string
  readonly mark: string
}

/** The fields themselves, and eight levels below. */
const deepest = 9
/** Of all the values below one call. What is beyond would make one line of a whole program's state. */
const mostValues = 2000
const mostInOne = 200
/** A shorter text has no room for a name and a value. */
export const leastHiding = 6
const unreadableNote = '[unreadable]'
/** Stands for a value until it is copied, so that it is never taken for one that is clean. */
const unreadable = Symbol(unreadableNote)

/** Makes a clean copy of what is handed to one log call; what is clean already is not copied. */
export class CleanCopy {
  readonly #rules: CopyRules
  readonly #above: object[] = []
  #values = 0

  constructor(rules: CopyRules) {
    this.#rules = rules
  }

  fields(fields: LogFields): LogFields {
    const clean = this.#within(fields)
    const isRecord = typeof clean === 'object' && clean !== null && !Array.isArray(clean) && !(clean instanceof Date)
    return isRecord ? (clean as LogFields) : { value: clean }
  }

  value(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return value.length < leastHiding ? value : this.#rules.text(value)
      case 'object':
        return value === null ? null : this.#within(value)
      case 'bigint':
        return String(value)
      case 'symbol':
        return value === unreadable ? unreadableNote : String(value)
      case 'function':
        return undefined
      default:
        return value
    }
  }

  /** The value under a name: hidden, or cleaned. */
  named(name: string, value: unknown): unknown {
    return this.#rules.secret(name) && value !== undefined && value !== null ? this.#rules.mark : this.value(value)
  }

  #within(value: object): unknown {
    if (this.#above.includes(value)) return '[circular]'
    if (this.#above.length >= deepest) return Array.isArray(value) ? '[array]' : '[object]'
    this.#above.push(value)
    try {
      return this.#byKind(value)
    } catch {
      // A getter, a proxy or a toJSON of somebody else's failed. That is no reason not to log.
      return unreadableNote
    } finally {
      this.#above.pop()
    }
  }

  #byKind(value: object): unknown {
    // Most are; the questions below take longer.
    if (Object.getPrototypeOf(value) === Object.prototype && !('toJSON' in value)) return this.#object(value)
    if (Array.isArray(value)) return this.#array(value)
    if (isError(value)) return describeError(value, this)
    if (value instanceof Date) return value
    if (value instanceof URL) return this.#rules.text(value.href)
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
    if (value instanceof Map || value instanceof Headers || value instanceof URLSearchParams) return this.#pairs(value)
    if (value instanceof Set) return this.#array([...value])
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.value(value.toJSON())
    return this.#object(value)
  }

  #object(value: object): unknown {
    let copy: Record<string, unknown> | undefined
    const names = Object.keys(value)
    for (const [index, name] of names.entries()) {
      const before = read(value, name)
      const after = this.#mayGoOn(index) ? this.named(name, before) : undefined
      if (copy === undefined && after !== before) copy = firstOf(value, names.slice(0, index))
      if (copy !== undefined) put(copy, name, after)
    }
    if (names.length > mostInOne && copy !== undefined) put(copy, '…', `[${names.length - mostInOne} more]`)
    return copy ?? value
  }

  #array(value: readonly unknown[]): unknown {
    const copy = value.slice(0, mostInOne).map((each, index) => {
      if (!this.#mayGoOn(index)) return null
      // Header lists alternate names and values.
      const name = index > 0 ? value[index - 1] : undefined
      return typeof name === 'string' && typeof each === 'string' ? this.named(name, each) : this.value(each)
    })
    if (value.length > mostInOne) copy.push(`[${value.length - mostInOne} more]`)
    return copy.length === value.length && copy.every((each, index) => each === value[index]) ? value : copy
  }

  #pairs(pairs: Iterable<readonly [unknown, unknown]>): unknown {
    const copy: Record<string, unknown> = {}
    let index = 0
    for (const [name, each] of pairs) {
      if (!this.#mayGoOn(index++)) break
      put(copy, String(name), this.named(String(name), each))
    }
    return copy
  }

  #mayGoOn(index: number): boolean {
    return index < mostInOne && ++this.#values < mostValues
  }
}

function firstOf(value: object, names: readonly string[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const name of names) {
    const before = read(value, name)
    put(copy, name, before === unreadable ? unreadableNote : before)
  }
  return copy
}

/** What a name holds. A getter that fails takes nothing but its own value away. */
function read(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name)
  } catch {
    return unreadable
  }
}

/** `__proto__` is a name like any other. */
function put(copy: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(copy, name, { value, enumerable: true, configurable: true })
  else copy[name] = value
}
