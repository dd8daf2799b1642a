import type { HubClient } from '@posthouse/client'
import { isPosthouseError, PosthouseError } from '@posthouse/core'

/** How long a hub may take to answer, in milliseconds. */
const timeoutMs = 30_000

/** An object that a hub has answered with, read member by member: hubs are of other versions, too. */
export class HubAnswer {
  readonly value: Readonly<Record<string, unknown>>
  readonly #method: string

  /** @throws PosthouseError `invalid_field` */
  constructor(method: string, value: unknown) {
    this.#method = method
    this.value = isRecord(value) ? value : this.#fail('no object')
  }

  /** @throws PosthouseError `invalid_field` */
  text(name: string): string {
    const value = this.value[name]
    return typeof value === 'string' ? value : this.#fail(`no text ${name}`)
  }

  /** @throws PosthouseError `invalid_field` */
  number(name: string): number {
    const value = this.value[name]
    return typeof value === 'number' ? value : this.#fail(`no number ${name}`)
  }

  /** Nothing where the member is absent. @throws PosthouseError `invalid_field` */
  maybe<Value>(name: string, read: (name: string) => Value): Value | undefined {
    return this.value[name] === undefined || this.value[name] === null ? undefined : read.call(this, name)
  }

  /** @throws PosthouseError `invalid_field` */
  answer(name: string): HubAnswer {
    return new HubAnswer(this.#method, this.value[name])
  }

  /** @throws PosthouseError `invalid_field` */
  list(name: string): readonly HubAnswer[] {
    const value = this.value[name]
    return Array.isArray(value) ? value.map((each) => new HubAnswer(this.#method, each)) : this.#fail(`no list ${name}`)
  }

  #fail(what: string): never {
    throw new PosthouseError(
      'invalid_field',
      `the hub's answer to ${this.#method} has ${what}: it is of another version`,
    )
  }
}

/**
 * Calls a method of the hub.
 * @throws PosthouseError
 */
export async function askHub(
  client: HubClient,
  method: string,
  body: unknown,
  signal: AbortSignal,
): Promise<HubAnswer> {
  try {
    return new HubAnswer(method, await client.request('hub', method, body, { timeoutMs, signal }))
  } catch (cause) {
    if (isPosthouseError(cause) && cause.code === 'no_handler') {
      throw new PosthouseError('no_handler', `this hub has no method ${method}: it is older than this command`, {
        cause,
      })
    }
    throw cause
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
