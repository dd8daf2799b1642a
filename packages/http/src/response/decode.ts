const byteOrderMark = '\uFEFF'
const charsetForm = /;\s*charset\s*=\s*"?([^\s";]+)/i

/** Text in the charset that a `content-type` names; in UTF-8 where it names none, or one that nobody knows. */
export function decodeText(bytes: Uint8Array, contentType?: string): string {
  const charset = contentType === undefined ? undefined : charsetForm.exec(contentType)?.[1]?.toLowerCase()
  if (charset === undefined || charset === 'utf-8' || charset === 'utf8') return utf8(bytes)
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return utf8(bytes)
  }
}

/**
 * JSON without the keys `__proto__` that an attacker may have put into it.
 * @throws SyntaxError that quotes nothing of the body, which may be a secret
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = utf8(bytes)
  try {
    return text.includes('__proto__') || text.includes('\\u') ? JSON.parse(text, withoutPrototype) : JSON.parse(text)
  } catch {
    throw new SyntaxError(text === '' ? 'it is empty' : `${bytes.length} bytes that are no JSON`)
  }
}

function withoutPrototype(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

function utf8(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return text.startsWith(byteOrderMark) ? text.slice(1) : text
}
