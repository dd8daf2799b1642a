import { PosthouseError } from './errors.ts'
import type { Position } from './store.ts'

/** Reads the members of a method's body, and says what is wrong with them. */
export class MethodBody {
  readonly #method: string
  readonly #members: Readonly<Record<string, unknown>>

  /** @throws PosthouseError `invalid_body` */
  constructor(method: string, body: unknown) {
    this.#method = method
    if (typeof body !== 'object' && body !== undefined) throw this.#wrong('the body must be an object')
    this.#members = Object.fromEntries(Object.entries(body ?? {}))
  }

  /** @throws PosthouseError `invalid_body` */
  text(name: string): string | undefined {
    const value = this.#members[name]
    if (value === undefined || typeof value === 'string') return value
    throw this.#wrong(`${name} must be a string, not ${shown(value)}`)
  }

  /** @throws PosthouseError `invalid_body` */
  flag(name: string): boolean | undefined {
    const value = this.#members[name]
    if (value === undefined || typeof value === 'boolean') return value
    throw this.#wrong(`${name} must be true or false, not ${shown(value)}`)
  }

  /** @throws PosthouseError `invalid_body` */
  count(name: string, most: number = Number.MAX_SAFE_INTEGER, least = 0): number | undefined {
    const value = this.#members[name]
    if (value === undefined || isCount(value, least, most)) return value
    throw this.#wrong(`${name} must be a whole number from ${least} to ${most}, not ${shown(value)}`)
  }

  /** @throws PosthouseError `invalid_body` */
  counts(name: string, most: number): readonly number[] | undefined {
    const value = this.#members[name]
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.length <= most && value.every((each) => isCount(each, 0))) return value
    throw this.#wrong(`${name} must be a list of at most ${most} whole numbers, not ${shown(value)}`)
  }

  /**
   * A list of at most `most` objects, each read like a body.
   * @throws PosthouseError `invalid_body`
   */
  bodies(name: string, most: number): readonly MethodBody[] | undefined {
    const value = this.#members[name]
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.length <= most) {
      return value.map((each, index) => new MethodBody(`${this.#method}: ${name}[${index}]`, each ?? false))
    }
    throw this.#wrong(`${name} must be a list of at most ${most} objects, not ${shown(value)}`)
  }

  /**
   * A list of at most `most` strings.
   * @throws PosthouseError `invalid_body`
   */
  texts(name: string, most: number): readonly string[] | undefined {
    const value = this.#members[name]
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.length <= most && value.every((each) => typeof each === 'string')) return value
    throw this.#wrong(`${name} must be a list of at most ${most} strings, not ${shown(value)}`)
  }

  /**
   * One of some words.
   * @throws PosthouseError `invalid_body`
   */
  word<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.#members[name]
    const word = words.find((each) => each === value)
    if (value === undefined || word !== undefined) return word
    throw this.#wrong(`${name} must be one of ${words.join(', ')}, not ${shown(value)}`)
  }

  /**
   * A position, as frames have it.
   * @throws PosthouseError `invalid_body`
   */
  position(name: string): Position | undefined {
    const value = this.#members[name]
    if (value === undefined) return undefined
    if (typeof value === 'object' && value !== null && 'epoch' in value && 'seq' in value) {
      const { epoch, seq } = value
      if (typeof epoch === 'string' && isCount(seq, 0)) return { epoch, seq }
    }
    throw this.#wrong(`${name} must be {epoch, seq}, not ${shown(value)}`)
  }

  /**
   * A text that must be there.
   * @throws PosthouseError `invalid_body`
   */
  neededText(name: string): string {
    return this.needed(name, this.text(name))
  }

  /**
   * A member that must be there.
   * @throws PosthouseError `invalid_body`
   */
  needed<Value>(name: string, value: Value | undefined): Value {
    if (value !== undefined) return value
    throw this.#wrong(`${name} is missing`)
  }

  #wrong(what: string): PosthouseError {
    return new PosthouseError('invalid_body', `${this.#method}: ${what}`)
  }
}

/** A value as messages show it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'such a list' : 'such an object'
}

function isCount(value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
}
