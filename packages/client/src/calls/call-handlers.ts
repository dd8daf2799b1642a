import { PosthouseError } from '@posthouse/core'
import type { CallHandler } from '@posthouse/protocol/calls'

/** Who answers a client's calls. */
export class CallHandlers {
  readonly byMethod: Map<string, CallHandler> = new Map()

  /**
   * Has `handler` answer calls of `method`, until disposed of.
   * @throws PosthouseError `invalid_option` where the method has a handler
   */
  add(method: string, handler: CallHandler): Disposable {
    const { byMethod } = this
    if (byMethod.has(method)) throw new PosthouseError('invalid_option', `${method} has a handler already`)
    byMethod.set(method, handler)
    return {
      [Symbol.dispose]: () => {
        if (byMethod.get(method) === handler) byMethod.delete(method)
      },
    }
  }
}
