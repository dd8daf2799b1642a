import { PosthouseError } from '../errors.ts'
import { HTTP_502_BAD_GATEWAY, HTTP_503_SERVICE_UNAVAILABLE, HTTP_504_GATEWAY_TIMEOUT } from './http-constants.ts'
import { lookUpStatus } from './status-lookup.ts'

/**
 * The status itself, where an answer can have it: a whole number from 100 to 599.
 * @throws PosthouseError `invalid_status`, for 600 to 606 with the status to use instead
 */
export function assertWireStatus(status: number): number {
  if (Number.isInteger(status) && status >= 100 && status <= 599) return status
  const name = lookUpStatus(status)?.name
  const advice =
    name === undefined
      ? 'it must be a whole number from 100 to 599'
      : `${name} stands in the body of an answer; send ${wireStatusOf(status)} as its status`
  throw new PosthouseError('invalid_status', `${String(status)} is no HTTP status: ${advice}`)
}

/** The HTTP status of an answer whose body has this status: of 600 to 699 the gateway's, of any other the status itself. */
export function wireStatusOf(status: number): number {
  if (status === 603) return HTTP_503_SERVICE_UNAVAILABLE
  if (status === 604) return HTTP_504_GATEWAY_TIMEOUT
  return status >= 600 && status <= 699 ? HTTP_502_BAD_GATEWAY : status
}
