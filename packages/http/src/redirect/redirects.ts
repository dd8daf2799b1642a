import { PosthouseError } from '@posthouse/core'
import { aFlag, aText, either, listOf, numberFrom, optionsOf, type Rule } from '@posthouse/core/options'
import { isSecretName, type SecretNames } from '../errors/redact.ts'
import type { HttpHeaders } from '../headers/http-headers.ts'
import type { HopInterceptor, HopRequest, HopResponse } from '../transport/transport.ts'

/** Which redirections are followed. */
export interface RedirectOptions {
  /** How many in a row. Default 10. */
  readonly max?: number | undefined
  /** Whether one from https to http is followed. Default false. */
  readonly allowDowngrade?: boolean | undefined
  /** Headers that another origin does not get, beside those that are known as secrets. */
  readonly secretHeaders?: readonly string[] | undefined
}

export const redirectsRule: Rule = either(
  aFlag,
  optionsOf<RedirectOptions>({ max: numberFrom(0), allowDowngrade: aFlag, secretHeaders: listOf('texts', aText) }),
)

const statuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** What describes a body that is not sent any more. */
const bodyHeaders = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']

/** A body of this size is read to its end, so that its connection can be used again. */
const drainedBytes = 64 * 1024

interface Rules {
  readonly max: number
  readonly allowDowngrade: boolean
  readonly secrets: SecretNames
}

/** Follows redirections by the rules of the Fetch standard ("HTTP-redirect fetch"). */
export function followRedirects(options: RedirectOptions = {}): HopInterceptor {
  const { max = 10, allowDowngrade = false, secretHeaders = [] } = options
  const rules: Rules = { max, allowDowngrade, secrets: new Set(secretHeaders.map((name) => name.toLowerCase())) }
  return (request, next) => {
    const look = (response: HopResponse): HopResponse | Promise<HopResponse> =>
      isRedirect(response) ? follow(request, response, { rules, next }) : response
    // Nearly every request passes, and an async function would cost it more than what is done here.
    return Promise.resolve(next(request)).then(look)
  }
}

function isRedirect({ status, headers }: HopResponse): boolean {
  return statuses.has(status) && headers.has('location')
}

/** Failures of the page that a carried out request redirected to: what was sent first must not be taken for unsent. */
const lateFailures = new WeakSet<object>()

/** True where a server had carried out the request, as with POST and 303, and only the page that it then named failed. */
export function failedAfterRedirection(error: unknown): boolean {
  return typeof error === 'object' && error !== null && lateFailures.has(error)
}

interface Route {
  readonly rules: Rules
  readonly next: (request: HopRequest) => Promise<HopResponse>
}

async function follow(first: HopRequest, answer: HopResponse, { rules, next }: Route): Promise<HopResponse> {
  let request = first
  let response = answer
  const redirects: string[] = []
  while (isRedirect(response)) {
    discard(response)
    if (redirects.length >= rules.max) {
      throw new PosthouseError(
        'too_many_redirects',
        `more than ${rules.max} redirections, the last from ${request.url.origin}`,
      )
    }
    redirects.push(request.url.href)
    request = redirected(request, response, rules)
    response = await nextHop(request, first.method, next)
  }
  return { ...response, url: request.url, redirects }
}

async function nextHop(request: HopRequest, firstMethod: string, next: Route['next']): Promise<HopResponse> {
  try {
    return await next(request)
  } catch (error) {
    // Another method (303, or POST with 301 and 302) says that the first one is done.
    if (request.method !== firstMethod && error instanceof Error) lateFailures.add(error)
    throw error
  }
}

/** @throws `redirect_refused` */
function redirected(from: HopRequest, { status, headers }: HopResponse, rules: Rules): HopRequest {
  const url = target(from.url, headers.get('location', ''), rules)
  const method = methodAfter(from.method, status)
  const fields = from.headers.copy()
  const dropsBody = method !== from.method
  if (dropsBody) for (const name of bodyHeaders) fields.delete(name)
  if (url.origin !== from.url.origin) dropSecrets(fields, rules.secrets)
  const body = dropsBody ? undefined : from.body
  if (body !== undefined && !body.replayable) {
    throw new PosthouseError('redirect_refused', `the body is a stream, which cannot be sent again to ${url.origin}`)
  }
  return from.derive({ method, url, headers: fields, body })
}

function target(from: URL, location: string, { allowDowngrade }: Rules): URL {
  const url = URL.parse(location, from.href)
  if (url === null) throw new PosthouseError('redirect_refused', 'the location of the redirection is no URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new PosthouseError('redirect_refused', `a redirection to ${url.protocol} is not followed`)
  }
  if (from.protocol === 'https:' && url.protocol === 'http:' && !allowDowngrade) {
    const message = `a redirection from https to http://${url.host} is not followed; redirects.allowDowngrade would`
    throw new PosthouseError('redirect_refused', message)
  }
  if (url.hash === '') url.hash = from.hash
  // They are not sent, so they had better not be seen in the URL of the response.
  url.username = ''
  url.password = ''
  return url
}

function methodAfter(method: string, status: number): string {
  if (status === 303 && method !== 'GET' && method !== 'HEAD') return 'GET'
  return (status === 301 || status === 302) && method === 'POST' ? 'GET' : method
}

/** Also `host`, which names the server that was left. */
function dropSecrets(headers: HttpHeaders, more: SecretNames): void {
  for (const name of Object.keys(headers.toRecord())) {
    if (name === 'host' || isSecretName(name, more)) headers.delete(name)
  }
}

function discard({ body }: HopResponse): void {
  body.bytes(drainedBytes).catch(() => undefined)
}
