/** The value of a `Repr-Digest` with this SHA-256, given in hexadecimal digits (RFC 9530). */
export function digestField(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`
}
