/** What may be in a name depends on where it is to be used. */
export interface NameRules {
  /** Whether names must suit Windows, too: reserved names and signs, dots and blanks at the end. Default false. */
  readonly windows?: boolean
}

/** The longest name that file systems take, in bytes of UTF-8, less what a number or `.part` may add. */
const maxBytes = 240
const encoder = new TextEncoder()
/** Control characters, halves of pairs, what reverses the direction of reading, and what separates names. */
const nowhere = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/gu
const notInWindows = /[<>:"|?*]|[. ]+$/g
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i

/** A name for a file or folder that means nothing else: no way out, nothing hidden in it, NFC, and not too long. */
export function safeName(name: string, { windows = false }: NameRules = {}): string {
  let safe = name.normalize('NFC').replace(nowhere, '_')
  if (windows) safe = safe.replace(notInWindows, '_').replace(reserved, '$&_')
  if (/^\.{0,2}$/.test(safe)) safe = '_'
  // A whole file must never look like a part of one.
  return shortened(safe.replace(/\.part$/i, '$&_'))
}

/** The parts of a path with `/` in it, each of them safe; whatever led elsewhere leads nowhere. */
export function safePath(path: string, rules?: NameRules): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  return parts.length === 0 ? ['_'] : parts.map((part) => safeName(part, rules))
}

/** The last part of a path in the notation of any system: what another program tells as the name of its file. */
export function baseName(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? ''
}

/** `name (2).ext` and so on: the name of the copy with this number. */
export function numberedName(name: string, number: number): string {
  if (number === 1) return name
  const dot = name.lastIndexOf('.')
  const at = dot > 0 ? dot : name.length
  return `${name.slice(0, at)} (${number})${name.slice(at)}`
}

/** Equal for names that a file system may take for the same. */
export function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase().toUpperCase().normalize('NFC')
}

function shortened(name: string): string {
  if (encoder.encode(name).length <= maxBytes) return name
  const extension = /\.[^.]{1,32}$/u.exec(name)?.[0] ?? ''
  const end = `~${digest(name)}${extension}`
  let start = ''
  let left = maxBytes - encoder.encode(end).length
  for (const sign of name) {
    left -= encoder.encode(sign).length
    if (left < 0) break
    start += sign
  }
  return start + end
}

/** Tells apart long names with the same beginning (FNV-1a). */
function digest(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
