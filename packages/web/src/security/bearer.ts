import type { Dependency } from '../dependencies/depends.ts'
import { authorization, type Check, credentials } from './credentials.ts'

/** How a token is described. All of it is optional. */
export interface BearerOptions {
  /** The name of the scheme in the documents. Default: `bearer`. */
  readonly name?: string
  /** What the token is, such as `JWT`. */
  readonly format?: string
  readonly description?: string
}

/**
 * A dependency on who shows a token in `Authorization: Bearer …` (RFC 6750).
 *
 * @example
 * const currentUser = bearer(async (token) => sessions.get(token))
 * app.get('/me', { dependencies: { user: currentUser } }, ({ deps }) => deps.user.name)
 */
export function bearer<User>(check: Check<[token: string], User>, options: BearerOptions = {}): Dependency<User> {
  const { name = 'bearer', format, description } = options
  const describe = {
    type: 'http',
    scheme: 'bearer',
    ...(format !== undefined && { bearerFormat: format }),
    ...(description !== undefined && { description }),
  }
  return credentials({ scheme: { name, describe }, challenge: 'Bearer', find: findToken }, check)
}

/** What an OAuth2 password flow needs to be described. */
export interface PasswordFlowOptions {
  /** Where a token is got, by a form with `username` and `password`. */
  readonly tokenUrl: string
  /** What tokens may allow, by name, with a description of each. Default: nothing in particular. */
  readonly scopes?: Readonly<Record<string, string>>
  /** What a token must allow here, for the documents; `check` has to see to it. */
  readonly required?: readonly string[]
  /** The name of the scheme in the documents. Default: `oauth2`. */
  readonly name?: string
}

/** A dependency on who shows a token that was got by user name and password (RFC 6749, section 4.3); see `passwordGrant`. */
export function oauth2Password<User>(
  { tokenUrl, scopes = {}, required = [], name = 'oauth2' }: PasswordFlowOptions,
  check: Check<[token: string], User>,
): Dependency<User> {
  const describe = { type: 'oauth2', flows: { password: { tokenUrl, scopes } } }
  return credentials({ scheme: { name, describe, scopes: required }, challenge: 'Bearer', find: findToken }, check)
}

function findToken(request: Parameters<typeof authorization>[0]): [string] | undefined {
  const token = authorization(request, 'bearer')
  return token === undefined ? undefined : [token]
}
