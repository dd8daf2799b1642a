/** The token in the value of an `Authorization` header (RFC 6750, section 2.1), if there is one. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^\s*bearer +(\S+)\s*$/i.exec(authorization)?.[1]
}
