import { createHash, timingSafeEqual } from 'node:crypto'
import { type Dependency, type DependencyContext, depends } from '../dependencies/depends.ts'
import { problem } from '../problem/problem.ts'
import type { RequestView } from '../request/request-view.ts'
import type { SecurityScheme } from './scheme.ts'

/** What a check of credentials is given besides them. */
export type CheckContext = Pick<DependencyContext, 'request' | 'requestId' | 'log' | 'signal'>

/** Says who a client is by what it showed; nothing for somebody unknown. A `Problem` that it throws is the answer. */
export type Check<Credentials extends unknown[], User> = (
  ...args: [...Credentials, CheckContext]
) => User | undefined | null | false | Promise<User | undefined | null | false>

/** How credentials are found and what is asked for where there are none. */
export interface CredentialRules<Credentials extends unknown[]> {
  readonly scheme: SecurityScheme
  /** For `WWW-Authenticate` (RFC 9110, section 11.6.1). */
  readonly challenge: string
  readonly find: (request: RequestView) => Credentials | undefined
}

/** A dependency whose value is who the client is. It answers 401 for nobody and for somebody unknown. */
export function credentials<Credentials extends unknown[], User>(
  { scheme, challenge, find }: CredentialRules<Credentials>,
  check: Check<Credentials, User>,
): Dependency<User> {
  return depends({ scope: 'request', security: scheme }, async ({ request, requestId, log, signal }) => {
    const found = find(request)
    if (found === undefined) throw unauthenticated('The request shows no credentials', challenge)
    const user = await check(...found, { request, requestId, log, signal })
    if (user === undefined || user === null || user === false) {
      throw unauthenticated('The credentials are not valid', challenge)
    }
    return user
  })
}

function unauthenticated(detail: string, challenge: string): Error {
  return problem(401, detail, { code: 'unauthenticated', headers: { 'www-authenticate': challenge } })
}

/** The credentials of an `Authorization` header of this scheme. */
export function authorization({ headers }: RequestView, scheme: string): string | undefined {
  const [, given = '', value] = /^([^ ]+) +([^ ]+) *$/.exec(headers.authorization ?? '') ?? []
  return given.toLowerCase() === scheme ? value : undefined
}

/** Whether two secrets are the same, without telling by the time it takes how much of them is. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
