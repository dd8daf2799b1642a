/** What a status means in general, by its first digit. */
export type StatusClass =
  | 'informational'
  | 'success'
  | 'redirect'
  | 'client-error'
  | 'server-error'
  | 'third-party-error'

const classes: readonly StatusClass[] = [
  'informational',
  'success',
  'redirect',
  'client-error',
  'server-error',
  'third-party-error',
]

/** The class of a status from 100 to 699; undefined for any other number (RFC 9110, 15). */
export function statusClass(status: number): StatusClass | undefined {
  return Number.isInteger(status) ? classes[Math.floor(status / 100) - 1] : undefined
}

/** True for 100 to 199: the answer is still to come. */
export function isInformational(status: number): boolean {
  return statusClass(status) === 'informational'
}

/** True for 200 to 299. */
export function isSuccess(status: number): boolean {
  return statusClass(status) === 'success'
}

/** True for 300 to 399. */
export function isRedirect(status: number): boolean {
  return statusClass(status) === 'redirect'
}

/** True for 400 to 499: whoever asked did something wrong. */
export function isClientError(status: number): boolean {
  return statusClass(status) === 'client-error'
}

/** True for 500 to 599: the server did. */
export function isServerError(status: number): boolean {
  return statusClass(status) === 'server-error'
}

/** True for 600 to 699: somebody else did whom the server had asked. Such a status stands in bodies only. */
export function isThirdPartyError(status: number): boolean {
  return statusClass(status) === 'third-party-error'
}

/** True for 400 to 699. */
export function isError(status: number): boolean {
  return status >= 400 && statusClass(status) !== undefined
}
