import { isSecretName, redacted, type SecretNames } from '../errors/redact.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { parseJson } from '../response/decode.ts'

/** Shorter ones would be found everywhere. */
const shortest = 4

/** The secrets that a request carries, in its headers, its query and its JSON, so that an answer which repeats them can be shown. */
export function secretValues(request: HttpRequest, content: string | Uint8Array | undefined): readonly string[] {
  const { headers, url, secrets } = request
  const found = new Set<string>()
  for (const [name, value] of [...headers, ...url.searchParams]) {
    // Of `Bearer <token>` the token alone may come back.
    if (isSecretName(name, secrets)) for (const part of [value, ...value.split(/[\s;=,]+/)]) found.add(part)
  }
  if (content !== undefined) for (const value of secretsOfJson(content, secrets)) found.add(value)
  return [...found].filter((value) => value.length >= shortest).sort((one, other) => other.length - one.length)
}

function secretsOfJson(content: string | Uint8Array, secrets: SecretNames): readonly string[] {
  const found: string[] = []
  try {
    const value = parseJson(typeof content === 'string' ? Buffer.from(content) : content)
    JSON.stringify(value, (key, inner: unknown) => {
      if (isSecretName(key, secrets) && typeof inner === 'string') found.push(inner)
      return inner
    })
  } catch {
    // No JSON has no named secrets.
  }
  return found
}

/** The text with each of the values replaced. */
export function withoutValues(text: string, values: readonly string[]): string {
  return values.reduce((shown, value) => shown.replaceAll(value, redacted), text)
}
