import { validateHeaderName, validateHeaderValue } from 'node:http'
import { PosthouseError } from '@posthouse/core'

/**
 * Checked before headers are written, so that whoever is wrong is the one that throws, and no line end in a value makes
 * another header (RFC 9110, section 5.5).
 * @throws PosthouseError `invalid_header`
 */
export function assertSendableHeader(name: string, values: readonly string[]): void {
  try {
    validateHeaderName(name)
    for (const each of values) validateHeaderValue(name, each)
  } catch (cause) {
    throw new PosthouseError('invalid_header', `The header ${JSON.stringify(name)} cannot be sent`, { cause })
  }
}
