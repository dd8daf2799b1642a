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
  let kept = last.replace(/\p{Cc}/gu, '')
  while (Buffer.byteLength(kept) > mostNameBytes) kept = Array.from(kept).slice(1).join('')
  return kept === '' || kept === '.' || kept === '..' ? undefined : kept
}

function keptType(type: unknown): string | undefined {
  if (typeof type !== 'string' || type.length > mostTypeBytes) return undefined
  return /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*$/.test(type) ? type.toLowerCase() : undefined
}
