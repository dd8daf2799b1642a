import { PosthouseError } from '@posthouse/core'
import type { Secrets } from './secrets.ts'

/** The query that lets its bearer fetch a file until `expires`, in Unix milliseconds. */
export function signedQuery(key: string, expires: number, secrets: Secrets): string {
  return new URLSearchParams({
    expires: String(expires),
    signature: secrets.sign(signed(key, String(expires))),
  }).toString()
}

/**
 * Sees to it that a query was signed for this file, and that its time is not over.
 * @throws PosthouseError `unauthenticated`, `token_expired`
 */
export function assertSigned(
  key: string,
  query: URLSearchParams,
  { secrets, now }: { secrets: Secrets; now: number },
): void {
  const [expires, signature] = [query.get('expires') ?? '', query.get('signature') ?? '']
  if (!secrets.verify(signed(key, expires), signature)) {
    throw new PosthouseError('unauthenticated', 'this URL was not signed by this hub, or too long ago')
  }
  if (Number(expires) > now) return
  throw new PosthouseError('token_expired', 'this URL has had its time; ask for another one')
}

function signed(key: string, expires: string): string {
  return `fetch ${expires} ${key}`
}
