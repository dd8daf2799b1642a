import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * The tokens with which a session may be resumed: the newest, and the one before it until the newest has been used, so
 * that a `welcome` which got lost locks nobody out. Kept as hashes, in text: small buffers take much memory. Spec: 3.4.
 */
export class ResumeTokens {
  #newest: string | undefined
  #before: string | undefined

  /** @param kept what `kept` gave in an earlier run */
  constructor([newest, before]: readonly string[] = []) {
    this.#newest = newest
    this.#before = before
  }

  /** The hashes of the valid tokens. */
  get kept(): readonly string[] {
    return [this.#newest, this.#before].filter((token) => token !== undefined)
  }

  /** A new token. The one before it stays valid until it is used. */
  issue(): string {
    const token = randomBytes(32).toString('base64url')
    this.#before = this.#newest
    this.#newest = hashed(token)
    return token
  }

  /** True for a valid token; older ones are void from now on. */
  redeem(token: string): boolean {
    const presented = hashed(token)
    if (!same(this.#newest, presented) && !same(this.#before, presented)) return false
    this.#newest = presented
    this.#before = undefined
    return true
  }
}

function hashed(token: string): string {
  return hash('sha256', token, 'base64')
}

function same(known: string | undefined, presented: string): boolean {
  return known !== undefined && timingSafeEqual(Buffer.from(known), Buffer.from(presented))
}
