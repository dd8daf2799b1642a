import { isMessageType, type MessageType, messageTypes, PosthouseError, reasonOf } from '@posthouse/core'

/** A message body with the type that it is sent as. */
export interface TypedBody {
  readonly type: MessageType
  readonly value: unknown
}

/** Largest body that is read from standard input: far above any hub's limit, far below the computer's memory. */
const maxInputBytes = 16 * 1024 * 1024

/**
 * Checks the word after `--type`.
 * @throws PosthouseError `invalid_option`
 */
export function parseType(word: string): MessageType {
  if (isMessageType(word)) return word
  throw new PosthouseError(
    'invalid_option',
    `${JSON.stringify(word)} is no type: it is one of ${messageTypes.join(', ')} or x-<name>`,
  )
}

/**
 * Makes a body of what the user typed or piped in: text, json and bytes are taken as they are, other types are JSON.
 * @throws PosthouseError `invalid_body`
 */
export function typedBody(type: MessageType, input: string | Uint8Array): TypedBody {
  if (type === 'bytes') return { type, value: typeof input === 'string' ? new TextEncoder().encode(input) : input }
  const text = typeof input === 'string' ? input : decodeUtf8(input)
  if (type === 'text' || type === 'json') return { type, value: text }
  try {
    return { type, value: parseExactly(text) }
  } catch (cause) {
    const reason = reasonOf(cause)
    throw new PosthouseError('invalid_body', `a ${type} body is written as JSON: ${reason}`, { cause })
  }
}

/**
 * Parses JSON. A whole number that a JavaScript number would round becomes a `bigint`, as far as 64 bits reach.
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  const revive: SourceReviver = (_, value, context) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    const source = context?.source ?? ''
    // No 64-bit integer has more digits.
    if (!/^-?\d{16,20}$/.test(source)) return value
    const exact = BigInt(source)
    return BigInt.asIntN(64, exact) === exact || BigInt.asUintN(64, exact) === exact ? exact : value
  }
  return JSON.parse(text, revive)
}

/** `JSON.parse` hands a third argument to its reviver (ECMAScript 2026), which the type library does not know yet. */
type SourceReviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown

/**
 * Reads standard input to its end.
 * @throws PosthouseError `invalid_option` where it is a terminal, `body_too_large`
 */
export async function readInput(stream: NodeJS.ReadStream = process.stdin): Promise<Uint8Array> {
  if (stream.isTTY) throw new PosthouseError('invalid_option', 'no body: write it behind the address, or pipe it in')
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += bytes.length
    if (size > maxInputBytes)
      throw new PosthouseError('body_too_large', `more than ${maxInputBytes} bytes on standard input`)
    chunks.push(bytes)
  }
  if (size === 0)
    throw new PosthouseError('invalid_option', 'standard input is empty: to send nothing, write "" as the body')
  return Buffer.concat(chunks)
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // `echo hello |` means hello.
    return text.replace(/\r?\n$/, '')
  } catch (cause) {
    throw new PosthouseError('invalid_body', 'the input is not UTF-8 text; send it with --type bytes', { cause })
  }
}
