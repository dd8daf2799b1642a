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
export function assertSendableHeader(name: string, values: readonly string[]): void {
  const [value] = values
  if (value !== undefined && values.length === 1 && fit.get(name) === value) return
  try {
    validateHeaderName(name)
    for (const each of values) validateHeaderValue(name, each)
  } catch (cause) {
    throw new PosthouseError('invalid_header', `The header ${JSON.stringify(name)} cannot be sent`, { cause })
  }
  if (value === undefined) return
  if (fit.size >= mostFit) fit.clear()
  fit.set(name, value)
}
