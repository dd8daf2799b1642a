import { validateHeaderName, validateHeaderValue } from 'node:http'
import { PosthouseError } from '@posthouse/core'

/** What was found fit last, by name: most answers of an endpoint have the same headers. */
const fit = new Map<string, string>()
const mostFit = 100

/**
 * Checked before headers are written, so that whoever is wrong is the one that throws, and no line end in a value makes
 * another header (RFC 9110, section 5.5).
 * @throws PosthouseError `invalid_header`
 */
export function assertSendableHeader(name: string, value: string): void {
  if (fit.get(name) === value) return
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch (cause) {
    throw new PosthouseError('invalid_header', `The header ${JSON.stringify(name)} cannot be sent`, { cause })
  }
  if (fit.size >= mostFit) fit.clear()
  fit.set(name, value)
}
