const mostNameBytes = 255
const mostTypeBytes = 127

/** What is kept with a file besides its bytes: `name`, the last part of how its sender calls it, and `type`, where it is a media type. */
export function fileMeta(name: unknown, type: unknown): Record<string, string> {
  const [kept, media] = [keptName(name), keptType(type)]
  return { ...(kept !== undefined && { name: kept }), ...(media !== undefined && { type: media }) }
}

function keptName(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const kept = lastBytes(last.replace(/\p{Cc}/gu, ''))
  return kept === '' || kept === '.' || kept === '..' ? undefined : kept
}

/** The end of a text, where a name has its extension, in as many bytes as a name may have: whole characters only. */
function lastBytes(text: string): string {
  const bytes = Buffer.from(text)
  let start = Math.max(0, bytes.length - mostNameBytes)
  while (isContinuation(bytes[start])) start++
  return bytes.toString('utf8', start)
}

/** True for a byte of UTF-8 that is not the first of its character (RFC 3629, section 3). */
function isContinuation(byte = 0): boolean {
  return (byte & 0xc0) === 0x80
}

function keptType(type: unknown): string | undefined {
  if (typeof type !== 'string' || type.length > mostTypeBytes) return undefined
  return /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*$/.test(type) ? type.toLowerCase() : undefined
}
