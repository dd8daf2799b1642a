// Whatever moves a cursor, ends a line or hides text: C0 without tab, DEL, C1, and what turns the direction of writing.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafeEach = /\r\n|[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** What comes from outside cannot forge a line or move a cursor: further lines are indented, the rest is spelled out. */
export function visible(text: string): string {
  return unsafe.test(text) ? text.replace(unsafeEach, spelled) : text
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return unsafe.test(text) ? text.replace(unsafeEach, (found) => (found === '\n' ? '\\n' : codeOf(found))) : text
}

function spelled(found: string): string {
  return found === '\n' || found === '\r\n' ? '\n    ' : codeOf(found)
}

function codeOf(found: string): string {
  if (found === '\r\n') return '\\r\\n'
  return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
}
