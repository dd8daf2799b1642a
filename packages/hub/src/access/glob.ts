/** Tells whether a name fits a pattern. */
export type NameTest = (name: string) => boolean

/** Fits every name. */
export const everyName: NameTest = () => true

/** Where a pattern speaks of the client's own id. */
const ownId = '{client}'

/**
 * Compiles a pattern in which `*` stands for any run of characters, none included, and `{client}` for `client`, taken
 * literally whatever characters it has. A test looks at each character of the pattern once and never turns back.
 */
export function compileGlob(pattern: string, client?: string): NameTest {
  if (pattern === '*') return everyName
  const texts = pattern.split('*').map((text) => (client === undefined ? text : text.split(ownId).join(client)))
  const [first = '', ...others] = texts
  const last = others.pop()
  if (last === undefined) return (name) => name === first
  if (others.length === 0 && last === '') return (name) => name.startsWith(first)
  return (name) => {
    const end = name.length - last.length
    if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false
    let at = first.length
    for (const text of others) {
      // The first place is always right: what comes after it has the most room.
      const found = name.indexOf(text, at)
      if (found < 0) return false
      at = found + text.length
    }
    return at <= end
  }
}

/** A part of a dotted pattern: a test of one part of the name, or any number of parts. */
export type Part = NameTest | 'any'

/**
 * Compiles a pattern over dotted names, part by part: `*` stays inside one part, and the part `**` stands for any number
 * of parts, none included. `{client}` is one part or less, so an id with a dot fits no name.
 */
export function compileDotted(pattern: string, client?: string): readonly Part[] {
  return pattern.split('.').map((part) => (part === '**' ? 'any' : compileGlob(part, client)))
}

/** Tells whether a dotted name fits such a pattern. */
export function dottedTest(parts: readonly Part[]): NameTest {
  return (name) => fits(parts, name.split('.'))
}

/** Goes back to the last `**` at most, as that is where the parts in between can be moved to. */
function fits(parts: readonly Part[], names: readonly string[]): boolean {
  let part = 0
  let name = 0
  let retryPart = -1
  let retryName = 0
  while (name < names.length) {
    const wanted = parts[part]
    if (wanted === 'any') {
      retryPart = ++part
      retryName = name
    } else if (wanted?.(names[name] ?? '') === true) {
      part++
      name++
    } else if (retryPart >= 0) {
      part = retryPart
      name = ++retryName
    } else return false
  }
  while (parts[part] === 'any') part++
  return part === parts.length
}
