import { isSecretName, redacted, type SecretNames } from '../errors/redact.ts'
import { decodeText, parseJson } from '../response/decode.ts'

/** How a body is shown. */
export interface ShownBodyOptions {
  /** Characters, at most. */
  readonly max: number
  readonly secrets: SecretNames
}

/**
 * The beginning of a body as text, or what it is where it is no text. Secrets of JSON and of forms are replaced; what only
 * looks like JSON is not shown, since its secrets cannot be found.
 */
export function shownBody(
  content: string | Uint8Array | undefined,
  type: string | undefined,
  options: ShownBodyOptions,
): string | undefined {
  if (content === undefined || content.length === 0) return undefined
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  if (type === undefined) return `[${bytes.length} bytes of no type]`
  if (/[/+]json\b/i.test(type)) return cut(jsonText(bytes, options.secrets), options.max)
  if (/x-www-form-urlencoded/i.test(type)) return cut(formText(bytes, options.secrets), options.max)
  if (/^text\/(?!html)|[/+]xml\b/i.test(type)) return cut(decodeText(bytes, type), options.max)
  return `[${bytes.length} bytes of ${type}]`
}

function jsonText(bytes: Uint8Array, secrets: SecretNames): string {
  try {
    return JSON.stringify(parseJson(bytes), (key, value: unknown) => (isSecretName(key, secrets) ? redacted : value))
  } catch {
    return `[${bytes.length} bytes of broken JSON]`
  }
}

function formText(bytes: Uint8Array, secrets: SecretNames): string {
  const pairs = [...new URLSearchParams(decodeText(bytes))]
  return pairs.map(([name, value]) => `${name}=${isSecretName(name, secrets) ? redacted : value}`).join('&')
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}...`
}
