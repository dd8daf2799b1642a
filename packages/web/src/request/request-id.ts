import type { IncomingMessage } from 'node:http'
import { createId } from '@posthouse/core'

/** What may come back in a header and go into logs as it is. */
const plain = /^[\w.:/+=-]{1,128}$/

/** The id that a request brings in `X-Request-Id`, where it is harmless; otherwise a new UUID. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && plain.test(given) ? given : createId()
}
