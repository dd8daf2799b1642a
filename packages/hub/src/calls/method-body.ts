import { PosthouseError } from '@posthouse/core'

/** What one of the hub's own methods was asked with. Anything that does not fit is refused with `invalid_body`. */
export class MethodBody {
  readonly #method: string
  readonly #fields: Readonly<Record<string, unknown>>

  /** @throws PosthouseError `invalid_body` */
  constructor(method: string, body: unknown) {
    this.#method = method
    if (body !== undefined && body !== null && (typeof body !== 'object' || Array.isArray(body))) {
      throw this.#invalid('the body must be an object')
    }
    this.#fields = { ...body }
  }

  /** @throws PosthouseError `invalid_body` */
  text(name: string): string {
    const value = this.optionalText(name)
    if (value !== undefined) return value
    throw this.#invalid(`${name} is missing`)
  }

  /** @throws PosthouseError `invalid_body` */
  optionalText(name: string): string | undefined {
    const value = this.#fields[name]
    if (value === undefined || typeof value === 'string') return value
    throw this.#invalid(`${name} must be a string`)
  }

  /**
   * A whole number from 0.
   * @throws PosthouseError `invalid_body`
   */
  optionalCount(name: string): number | undefined {
    const value = this.#fields[name]
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    throw this.#invalid(`${name} must be a whole number`)
  }

  /**
   * One of some words.
   * @throws PosthouseError `invalid_body`
   */
  optionalWord<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.#fields[name]
    if (value === undefined) return undefined
    const word = words.find((each) => each === value)
    if (word !== undefined) return word
    throw this.#invalid(`${name} must be one of ${words.join(', ')}`)
  }

  #invalid(problem: string): PosthouseError {
    return new PosthouseError('invalid_body', `${this.#method}: ${problem}`)
  }
}
