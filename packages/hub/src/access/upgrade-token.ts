import type { IncomingMessage } from 'node:http'
import { bearerToken } from '@posthouse/core'

/** Longest token, in UTF-16 code units. Spec: 8.3.2. */
export const maxTokenLength = 16_384

/**
 * The token that an upgrade request carries: that of `Authorization: Bearer` (RFC 6750, section 2.1), otherwise, for
 * compatibility, that of `?token=`. The request itself must never be logged. Spec: 10.2.1.
 */
export function tokenOf({ headers, url = '' }: Pick<IncomingMessage, 'headers' | 'url'>): string | undefined {
  const bearer = bearerToken(headers.authorization)
  if (bearer !== undefined) return bearer
  const query = url.indexOf('?')
  return query < 0 ? undefined : (new URLSearchParams(url.slice(query + 1)).get('token') ?? undefined)
}
