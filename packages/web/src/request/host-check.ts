import type { IncomingMessage } from 'node:http'

/** A name or an address, with or without a port (RFC 9110, section 7.2). It may be empty. */
const authority = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d{0,5})?$/i

/**
 * False for a request that names two hosts, none, or something that is none (RFC 9112, section 3.2): a proxy in front may have
 * understood another one. Node itself refuses the second, but not of WebSockets.
 */
export function namesOneHost({ headers, httpVersion, rawHeaders }: IncomingMessage): boolean {
  const { host } = headers
  // Only HTTP/1.0 may leave it out.
  if (host === undefined) return httpVersion === '1.0'
  if (!authority.test(host)) return false
  let found = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') found++
  }
  return found <= 1
}
