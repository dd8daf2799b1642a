import { createPublicKey, type KeyObject } from 'node:crypto'
import { type Clock, PosthouseError } from '@posthouse/core'
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import { isLoopback } from '../door/listen.ts'

/** What tokens are checked with. The key decides on the algorithms, never the token. */
export interface JwtKeys {
  readonly algorithms: string[]
  readonly find: JWTVerifyGetKey
}

/** An HMAC key is no shorter than its hash (RFC 7518, section 3.2). */
const minSecretBytes = 32
const minRsaBits = 2048
/** How old the keys of a server may be before they are fetched again, in milliseconds. */
const freshMs = 600_000
/** How old they may be where the server does not answer, in milliseconds. */
const staleMs = 3_600_000
/** How long the server is left alone after an attempt, in milliseconds. */
const cooldownMs = 30_000
/** The same where there are no usable keys. */
const urgentMs = 1000
/** Less than a client may take to say hello. */
const fetchTimeoutMs = 3000

/** @throws PosthouseError `invalid_option` */
export function secretKeys(secret: string | Uint8Array): JwtKeys {
  const key = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (key.byteLength >= minSecretBytes) return { algorithms: ['HS256'], find: async () => key }
  throw invalid(`secret has ${key.byteLength} bytes; at least ${minSecretBytes} are needed, of random ones`)
}

/** @throws PosthouseError `invalid_option` */
export function publicKeys(pem: string): JwtKeys {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw invalid('publicKey holds a private key, which the hub must not have; make the public one of it')
  }
  const key = readPublicKey(pem)
  return { algorithms: algorithmsOf(key), find: async () => key }
}

/**
 * The keys of a server (RFC 7517). They are fetched when the first token comes, when they have become old, and when a
 * token names one that is new.
 * @throws PosthouseError `invalid_option`
 */
export function remoteKeys(address: string | URL, clock: Clock): JwtKeys {
  const url = URL.canParse(String(address)) ? new URL(String(address)) : undefined
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(hostOf(url)))
  if (url === undefined || !safe || url.username !== '' || url.password !== '') {
    throw invalid('jwksUrl must be an https address without user and password (or http on this computer)')
  }
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
  })
  const renewal = new Renewal(() => keys.reload(), clock)
  return {
    algorithms: ['RS256', 'ES256', 'EdDSA', 'Ed25519'],
    find: async (header, token) => {
      await renewal.freshen()
      return keys(header, token)
    },
  }
}

/** Keeps what was fetched fresh. Where the server is away, what it said last holds for a while. */
class Renewal {
  readonly #fetch: () => Promise<void>
  readonly #clock: Clock
  #fetchedAt = Number.NEGATIVE_INFINITY
  #dueAt = Number.NEGATIVE_INFINITY
  #attempt: Promise<void> | undefined

  constructor(fetch: () => Promise<void>, clock: Clock) {
    this.#fetch = fetch
    this.#clock = clock
  }

  async freshen(): Promise<void> {
    const now = this.#clock.elapsed()
    const usable = now - this.#fetchedAt <= staleMs
    if (now >= this.#dueAt) {
      this.#dueAt = now + (usable ? cooldownMs : urgentMs)
      this.#attempt = this.#renew()
    } else if (usable) return
    try {
      await this.#attempt
    } catch (error) {
      if (!usable) throw error
    }
  }

  async #renew(): Promise<void> {
    await this.#fetch()
    this.#fetchedAt = this.#clock.elapsed()
    this.#dueAt = this.#fetchedAt + freshMs
  }
}

function readPublicKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw invalid('publicKey holds no public key in PEM, which begins with -----BEGIN PUBLIC KEY-----', cause)
  }
}

function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string[] {
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0
    if (bits >= minRsaBits) return ['RS256']
    throw invalid(`publicKey is an RSA key of ${bits} bits; at least ${minRsaBits} are needed`)
  }
  if (type === 'ed25519') return ['EdDSA', 'Ed25519']
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return ['ES256']
  throw invalid(`publicKey is of type ${type}; RSA, Ed25519 and EC with P-256 are known`)
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

function invalid(message: string, cause?: unknown): PosthouseError {
  return new PosthouseError('invalid_option', message, { cause })
}
