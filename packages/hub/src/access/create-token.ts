import { createHash, randomBytes } from 'node:crypto'

/** A token for a client, and what stands for it in a token file. */
export interface CreatedToken {
  /** Give it to the client. The hub never needs it. */
  readonly token: string
  /** `sha256:` and 64 hexadecimal digits, for the entry in the token file. */
  readonly hash: string
}

/** Makes a token of 256 random bits. It begins with `ph_`, so that scanners for leaked secrets can find it. */
export function createToken(): CreatedToken {
  const token = `ph_${randomBytes(32).toString('base64url')}`
  return { token, hash: hashToken(token) }
}

/**
 * What stands for a token in a token file. It is a plain SHA-256, which protects tokens of `createToken`, that nobody can
 * guess. It does not protect words that people choose.
 */
export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('hex')}`
}
