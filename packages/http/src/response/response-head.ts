import type { ShownRequest } from '../errors/http-error.ts'
import type { HttpHeaders } from '../headers/http-headers.ts'

/** What every response has beside its body. */
export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  readonly headers: HttpHeaders
  /** Where the answer came from, after redirections. */
  readonly url: string
  /** Attempts that were made, this one included. */
  readonly attempts: number
  readonly elapsedMs: number
  /** The URLs that redirected here, the first one first. */
  readonly redirects: readonly string[]
}

/** Where a request went before it was redirected: its secrets are for that server, and for no other. */
export function askedUrl({ url, redirects }: Pick<ResponseHead, 'url' | 'redirects'>): string {
  return redirects[0] ?? url
}

/** What `raiseForStatus` says. */
export function refusal({ method, url }: ShownRequest, { status, statusText }: ResponseHead): string {
  return `${method} ${url} was answered with ${status} ${statusText}`.trimEnd()
}

/** What is said of JSON that does not fit its schema. */
export function mismatch(issues: readonly { readonly message: string }[]): string {
  return `the body does not fit the schema: ${issues[0]?.message ?? 'no reason given'}`
}
