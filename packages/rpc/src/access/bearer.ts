/** The token of an `Authorization: Bearer` header (RFC 6750, section 2.1). */
export function bearerToken(header: unknown): string | undefined {
  return typeof header === 'string' ? /^bearer +(\S+) *$/i.exec(header)?.[1] : undefined
}
