import { type Clock, PosthouseError, reasonOf, systemClock } from '@posthouse/core'
import { aClock, anything, aText, checkOptions, type Rules } from '@posthouse/core/options'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { type JwtKeys, publicKeys, remoteKeys, secretKeys } from './access/jwt-keys.ts'
import { type Authenticator, ownIdOnly, type Principal, readPrincipalName } from './access/principal.ts'
import { readClientPatterns, readPermissions } from './access/read-permissions.ts'

/** How JSON Web Tokens are checked. One of `secret`, `publicKey` and `jwksUrl` must be there. */
export interface JwtOptions {
  /** Shared with whoever makes the tokens (HS256): at least 32 bytes, random ones. */
  readonly secret?: string | Uint8Array
  /** PEM of a public key, or of a certificate: RSA (RS256), EC with P-256 (ES256) or Ed25519 (EdDSA). */
  readonly publicKey?: string
  /**
   * Where the public keys of the issuer are (RFC 7517): https, or http on this computer. They are fetched again after 10
   * minutes, and when a token names an unknown one; while the server is away, they hold for an hour.
   */
  readonly jwksUrl?: string | URL
  /** Who must have issued the token (`iss`). Default: anyone who has the key. */
  readonly issuer?: string | readonly string[]
  /** Whom the token must be meant for (`aud`): this hub's name with the issuer. Default: tokens without `aud` only. */
  readonly audience?: string | readonly string[]
  /** By how much clocks may differ, in milliseconds. Default 5,000. */
  readonly clockToleranceMs?: number
  /** Name of the claim with `clients` and `permissions`. Default `posthouse`. */
  readonly claim?: string
  readonly clock?: Clock
}

const rules: Rules<JwtOptions> = {
  secret: anything,
  publicKey: anything,
  jwksUrl: anything,
  issuer: anything,
  audience: anything,
  clockToleranceMs: anything,
  claim: aText,
  clock: aClock,
}

/** What is wrong with a token, by the error of the library. Whatever is not here is no fault of the token. */
const faults: Readonly<Record<string, string>> = {
  ERR_JWT_INVALID: 'the token is no JSON Web Token',
  ERR_JWS_INVALID: 'the token is no JSON Web Token',
  ERR_JOSE_ALG_NOT_ALLOWED: 'the token is signed with an algorithm that this hub does not accept',
  ERR_JOSE_NOT_SUPPORTED: 'the token asks for something that this hub does not know',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'the signature of the token is wrong',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'the token does not say which key it was signed with (kid)',
}

/**
 * Lets in who has a valid JSON Web Token. `sub` is the name, `exp` the end of its time, and the claim `posthouse`
 * `{clients?, permissions?}` says what it may do; without `clients` the only id is `sub`. Spec: 10.5.
 *
 * @example
 * ```ts
 * const hub = new Hub({ authenticate: jwt({ jwksUrl: 'https://id.example/jwks.json', audience: 'posthouse' }) })
 * ```
 * @throws PosthouseError `invalid_option`
 */
export function jwt(options: JwtOptions): Authenticator {
  checkOptions('jwt', options, rules)
  const { clock = systemClock, clockToleranceMs = 5000, claim = 'posthouse', issuer, audience } = options
  if (!(clockToleranceMs >= 0 && clockToleranceMs <= 300_000)) {
    throw new PosthouseError('invalid_option', `clockToleranceMs must be from 0 to 300000, not ${clockToleranceMs}`)
  }
  const { algorithms, find } = keysOf(options, clock)
  const wanted = {
    algorithms,
    ...(issuer && { issuer: mutable(issuer) }),
    ...(audience && { audience: mutable(audience) }),
  }
  return {
    authenticate: async ({ token }) => {
      if (!token) throw refused('this hub lets nobody in without a token')
      try {
        const { payload } = await jwtVerify(token, find, {
          ...wanted,
          requiredClaims: ['sub', 'exp'],
          clockTolerance: clockToleranceMs / 1000,
          currentDate: new Date(clock.now()),
        })
        return principalOf(payload, { claim, clockToleranceMs, named: audience !== undefined })
      } catch (error) {
        throw toRefusal(error)
      }
    },
  }
}

function keysOf({ secret, publicKey, jwksUrl }: JwtOptions, clock: Clock): JwtKeys {
  if ([secret, publicKey, jwksUrl].filter((key) => key !== undefined).length !== 1) {
    throw new PosthouseError('invalid_option', 'jwt needs one of secret, publicKey and jwksUrl')
  }
  if (secret !== undefined) return secretKeys(secret)
  return publicKey === undefined ? remoteKeys(jwksUrl ?? '', clock) : publicKeys(publicKey)
}

function principalOf(
  payload: JWTPayload,
  { claim, clockToleranceMs, named }: { claim: string; clockToleranceMs: number; named: boolean },
): Principal {
  // RFC 7519, section 4.1.3: a token for somebody else is not for us.
  if (payload.aud !== undefined && !named)
    throw refused('the token is meant for others (aud); this hub has no audience')
  try {
    const name = readPrincipalName(payload.sub)
    const expiresAt = (payload.exp ?? 0) * 1000 + clockToleranceMs
    return { name, expiresAt, ...readClaim(payload[claim], name) }
  } catch (error) {
    throw refused(`the token says what this hub cannot read: ${reasonOf(error)}`)
  }
}

function readClaim(value: unknown, name: string): Pick<Principal, 'clients' | 'permissions'> {
  if (value === undefined) return { clients: ownIdOnly(name) }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('its claim is no object')
  const { clients, permissions, ...rest } = value as Record<string, unknown>
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw new Error(`its claim has an unknown member ${JSON.stringify(unknown.slice(0, 50))}`)
  return {
    clients: clients === undefined ? ownIdOnly(name) : readClientPatterns(clients),
    ...(permissions !== undefined && { permissions: readPermissions(permissions) }),
  }
}

function toRefusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new PosthouseError('token_expired', 'the token has expired')
  if (error instanceof errors.JWKSNoMatchingKey) {
    return new PosthouseError('token_revoked', 'the token is signed with a key that is not, or no longer, known')
  }
  if (error instanceof errors.JWTClaimValidationFailed) return refused(`the token is not for here: ${error.message}`)
  const fault = error instanceof errors.JOSEError ? faults[error.code] : undefined
  return fault === undefined ? error : refused(fault)
}

function refused(message: string): PosthouseError {
  return new PosthouseError('unauthenticated', message)
}

function mutable(names: string | readonly string[]): string | string[] {
  return typeof names === 'string' ? names : [...names]
}
