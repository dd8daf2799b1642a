import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * The tokens with which a session may be resumed: the newest, and the one before it until the newest has been used, so
 * that a `welcome` which got lost locks nobody out. Kept as hashes. Spec: 3.4.
 */
export class ResumeTokens {
  #valid: Buffer[] = []

  /** A new token. Those that were valid before stay so until it is used. */
  issue(): string {
    const token = randomBytes(32).toString('base64url')
    this.#valid = [...this.#valid.slice(-1), hash(token)]
    return token
  }

  /** True for a valid token; older ones are void from now on. */
  redeem(token: string): boolean {
    const presented = hash(token)
    const found = this.#valid.findIndex((known) => timingSafeEqual(known, presented))
    if (found < 0) return false
    this.#valid = [this.#valid[found] ?? presented]
    return true
  }
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
