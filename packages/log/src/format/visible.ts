// Whatever moves a cursor, ends a line or hides text: C0 without tab, DEL, C1, line and paragraph separators, and what turns the
// direction of writing.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafeEach = /\r\n|[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
// One byte for each character is enough for it, and so it is for what takes its place.
// biome-ignore lint/suspicious/noControlCharactersInRegex: all characters of Latin-1 are meant
const narrow = /^[\x00-\xff]*$/

/** What comes from outside cannot forge a line or move a cursor: further lines are indented, the rest is spelled out. */
export function visible(text: string): string {
  return unsafe.test(text) ? spelled(text, { lineFeed: '\n    ', bothEnds: '\n    ' }) : text
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return unsafe.test(text) ? spelled(text, { lineFeed: '\\n', bothEnds: '\\r\\n' }) : text
}

interface Spelling {
  readonly lineFeed: string
  /** What stands for a carriage return with its line feed. */
  readonly bothEnds: string
}

/** As many characters are spelled out at once. */
const pieceLength = 32 * 1024

function spelled(text: string, spelling: Spelling): string {
  let clean = ''
  for (let at = 0; at < text.length; ) {
    // The two ends of a line stay together.
    const cut = at + pieceLength
    const end = text.charCodeAt(cut) === 0x0a ? cut + 1 : cut
    const piece = text.slice(at, end)
    clean += narrow.test(piece) && piece.length > 100 ? written(piece, spelling) : replaced(piece, spelling)
    at = end
  }
  return clean
}

function replaced(piece: string, { lineFeed, bothEnds }: Spelling): string {
  return piece.replace(unsafeEach, (found) => {
    if (found === '\n') return lineFeed
    return found === '\r\n' ? bothEnds : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const digits = Buffer.from('0123456789abcdef')
/** What a control character of Latin-1 begins with, spelled out. */
const beginning = Buffer.from('\\u00')
/** Used by one call at a time; no character becomes more than six. */
let bytes: Buffer | undefined

/** The same byte by byte: a call for each of 50 million characters would take a minute. */
function written(piece: string, { lineFeed, bothEnds }: Spelling): string {
  bytes ??= Buffer.alloc(6 * (pieceLength + 1))
  const to = bytes
  let length = 0
  for (let at = 0; at < piece.length; at++) {
    const code = piece.charCodeAt(at)
    if (!isControl(code)) to[length++] = code
    else if (code === 0x0a) length += to.write(lineFeed, length, 'latin1')
    else if (code === 0x0d && piece.charCodeAt(at + 1) === 0x0a) {
      length += to.write(bothEnds, length, 'latin1')
      at++
    } else length = spell(code, to, length)
  }
  return to.toString('latin1', 0, length)
}

function isControl(code: number): boolean {
  return code < 0x20 ? code !== 0x09 : code >= 0x7f && code <= 0x9f
}

function spell(code: number, to: Buffer, at: number): number {
  for (let i = 0; i < beginning.length; i++) to[at + i] = beginning[i] ?? 0
  to[at + 4] = digits[code >> 4] ?? 0
  to[at + 5] = digits[code & 15] ?? 0
  return at + 6
}
