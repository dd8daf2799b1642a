import { type ErrorCode, isPosthouseError, PosthouseError } from '@posthouse/core'
import { isHttpError, restoredHttpError } from '../errors/http-error.ts'
import { type Kind, type Mark, pack, type Unpackers, unpack } from './packed.ts'

/** Errors, with all that ours tell: code, facts about the request, response, issues of a schema, cause. */
export function errorKind(kinds: () => readonly Kind[]): Kind {
  return {
    pack(value) {
      if (!(value instanceof Error)) return undefined
      const { name, message, stack, cause } = value
      const more = isPosthouseError(value) ? pack({ ...value, name: undefined }, kinds()) : {}
      const code = isPosthouseError(value) ? value.code : undefined
      const reason = cause instanceof Error ? pack(cause, kinds()) : undefined
      return { $: 'error', name, message, stack, code, more, cause: reason, http: isHttpError(value) }
    },
  }
}

/** The counterpart of `errorKind`. Each `as` is what that one packs. */
export function errorUnpackers(all: () => Unpackers): Unpackers {
  return {
    error: (mark: Mark) => {
      const { name, message, code, stack } = mark
      const cause = unpack(mark.cause, all())
      const options = cause === undefined ? undefined : { cause }
      if (code === undefined) return Object.assign(new Error(String(message), options), { name, stack })
      const error = new PosthouseError(code as ErrorCode, String(message), options)
      const { name: _, code: __, ...more } = unpack(mark.more, all()) as Record<string, unknown>
      if (mark.http) restoredHttpError(error, more)
      else Object.assign(error, more)
      return Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true })
    },
  }
}
