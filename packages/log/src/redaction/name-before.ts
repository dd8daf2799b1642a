/** What patterns take for a name. What is longer is left to them. */
const longestName = 64

const ofWord = 1
const ofProperty = 2
const ofParameter = 4

/** What each character of ASCII may be a part of. */
const kinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/\w/.test(character)) return ofWord | ofProperty | ofParameter
  if (character === '-') return ofProperty | ofParameter
  return /[.%]/.test(character) ? ofParameter : 0
})

/**
 * Whether a text may have a name that is looked for: one that stands before a `:`, perhaps quoted, or right before a `=`.
 * True also where only the pattern can tell.
 */
export function hasName(text: string, sign: ':' | '=', isWanted: (name: string) => boolean): boolean {
  for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) {
    const name =
      sign === ':' ? nameBefore(text, startOfQuotes(text, at), ofProperty) : nameBefore(text, at, ofParameter)
    if (name !== '' && (name.length > longestName || isWanted(name))) return true
  }
  return false
}

/** Where the quotes and the spaces between a name and its colon begin. */
function startOfQuotes(text: string, colon: number): number {
  let at = colon
  while (colon - at < 3 && isSpace(text.charCodeAt(at - 1))) at--
  const quotes = at
  while (quotes - at < 2 && isQuote(text.charCodeAt(at - 1))) at--
  return at
}

function nameBefore(text: string, end: number, kind: number): string {
  let start = end
  while (end - start <= longestName && isOf(text.charCodeAt(start - 1), kind)) start--
  // A name begins with a letter.
  while (start < end && !isOf(text.charCodeAt(start), ofWord)) start++
  return text.slice(start, end)
}

function isOf(code: number, kind: number): boolean {
  return code < 128 && ((kinds[code] ?? 0) & kind) !== 0
}

/** Beyond ASCII it may be one. */
function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code >= 128
}

function isQuote(code: number): boolean {
  return code === 34 || code === 39 || code === 92
}
