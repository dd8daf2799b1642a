import type { Rule } from '@posthouse/core/options'
/** What stands in the place of a secret. */
export const redacted = '[redacted]'

/** Headers whose values never leave the process but to the server. */
const secretHeaders: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'x-access-token',
  'x-csrf-token',
  'x-xsrf-token',
  'x-amz-security-token',
  'x-goog-api-key',
  'private-token',
  'x-vault-token',
]

/** Words in the name of a header, a query key or a field that mark its value as a secret. */
const secretWord =
  /(^|[-_.])(auth|authorization|token|secret|password|passwd|pwd|passphrase|api-?_?key|access-?_?key|private-?_?key|session|sessionid|sid|signature|sig|credential|credentials|jwt|otp|pin)($|[-_.])|(token|secret|password|apikey|accesskey)$/i

/** More names that this process treats as secret, in lower case. */
export type SecretNames = ReadonlySet<string>

/** What such a set must be. */
export const secretNames: Rule = { words: 'a Set of names', holds: (value) => value instanceof Set }

const none: SecretNames = new Set()

/** True where the value under this name is a secret. */
export function isSecretName(name: string, more: SecretNames = none): boolean {
  const key = name.toLowerCase()
  return more.has(key) || secretHeaders.includes(key) || secretWord.test(name)
}

/** The fields with each secret replaced, those in URLs too. */
export function redactHeaders<Value>(
  fields: Readonly<Record<string, Value>>,
  more: SecretNames = none,
): Record<string, Value | string> {
  const shown: Record<string, Value | string> = Object.create(null)
  for (const [name, value] of Object.entries(fields)) {
    if (isSecretName(name, more)) shown[name] = redacted
    else shown[name] = typeof value === 'string' ? redactHeader(name, value, { more }) : value
  }
  return shown
}

/** Headers that are a URL. */
const urlHeaders: ReadonlySet<string> = new Set(['location', 'content-location', 'referer'])

/** The value of one field without secrets; `base` is what a URL in it is relative to. */
export function redactHeader(
  name: string,
  value: string,
  { base, more = none }: { readonly base?: string | URL; readonly more?: SecretNames | undefined } = {},
): string {
  if (isSecretName(name, more)) return redacted
  const shown = (target: string): string => {
    const url = URL.parse(target, base === undefined ? undefined : String(base))
    // What is relative to something unknown is shown as far as it says no more than a path.
    return url === null ? target.replace(/[?#].*$/s, '') : redactUrl(url, more)
  }
  if (name === 'link') return value.replace(/<([^>]*)>/g, (_, target: string) => `<${shown(target)}>`)
  return urlHeaders.has(name) ? shown(value) : value
}

/** The URL without user, password, fragment and the values of secret query keys. */
export function redactUrl(url: URL | string, more: SecretNames = none): string {
  const href = String(url)
  // Most are like this, and are written into a log twice.
  if (url instanceof URL && !hasMore.test(href)) return href
  const shown = URL.parse(href)
  if (shown === null) return redacted
  shown.username = ''
  shown.password = ''
  shown.hash = ''
  if (shown.search !== '') shown.search = redactQuery(shown.searchParams, more)
  return shown.href
}

/** Without one of these a URL is nothing but an origin and a path. */
const hasMore = /[@?#]/

/** Services of Google and others take their API keys as `?key=`; in a body that word is anything. */
function isSecretKey(name: string, more: SecretNames): boolean {
  return name.toLowerCase() === 'key' || isSecretName(name, more)
}

function redactQuery(query: URLSearchParams, more: SecretNames): string {
  const shown = new URLSearchParams()
  for (const [name, value] of query) shown.append(name, isSecretKey(name, more) ? redacted : value)
  return shown.toString().replaceAll(encodeURIComponent(redacted), redacted)
}
