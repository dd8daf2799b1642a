import { isUtf8 } from 'node:buffer'
import { aFlag, checkOptions, type Rules } from '@posthouse/core/options'
import { redactHeader, redactUrl, type SecretNames, secretNames } from '../errors/redact.ts'
import { type HeadersInput, HttpHeaders } from '../headers/http-headers.ts'
import { shownBody } from '../interceptors/shown-body.ts'

/** A request that `toCurl` writes down. */
export interface CurlRequest {
  readonly method: string
  readonly url: string | URL
  readonly headers?: HeadersInput
  readonly body?: string | Uint8Array | undefined
}

/** How `toCurl` writes. */
export interface CurlOptions {
  /** Names of headers, query keys and fields that are secret too, in lower case. */
  readonly secrets?: SecretNames
  /** True to write secrets as well. Default false: each is replaced by `[redacted]`. */
  readonly showSecrets?: boolean
}

const rules: Rules<CurlOptions> = { secrets: secretNames, showSecrets: aFlag }

/**
 * The command that sends the same request with curl, for a POSIX shell. Secrets are not in it; of a body that is no text only the
 * length is.
 */
export function toCurl({ method, url, headers = {}, body }: CurlRequest, options: CurlOptions = {}): string {
  checkOptions('toCurl', options, rules)
  const { secrets, showSecrets = false } = options
  const fields = new HttpHeaders(headers)
  const words = ['curl']
  if (method === 'HEAD') words.push('--head')
  else if (method !== 'GET' || body !== undefined) words.push('--request', quoted(method))
  for (const [name, value] of fields) {
    if (name === 'content-length') continue
    const shown = showSecrets ? value : redactHeader(name, value, { base: url, more: secrets })
    // A header without a value is written with a semicolon; with a colon curl would leave it out.
    words.push('--header', quoted(shown === '' ? `${name};` : `${name}: ${shown}`))
  }
  if (fields.has('accept-encoding')) words.push('--compressed')
  // Not --data-binary, for which a body that begins with an at sign is the name of a file.
  if (body !== undefined) words.push('--data-raw', quoted(bodyOf(body, fields.get('content-type'), options)))
  // curl would take brackets and braces for patterns.
  return [...words, '--globoff', quoted(showSecrets ? String(url) : redactUrl(url, secrets))].join(' ')
}

function bodyOf(body: string | Uint8Array, type: string | undefined, options: CurlOptions): string {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  if (options.showSecrets === true && isUtf8(bytes)) return Buffer.from(bytes).toString()
  return shownBody(bytes, type, { max: Number.POSITIVE_INFINITY, secrets: options.secrets ?? new Set() }) ?? ''
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith('@') ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
