import { hasName } from './name-before.ts'

/** How secrets in running text are found. */
export interface TextRules {
  readonly secret: (name: string) => boolean
  readonly mark: string
}

/** What the longer searches look for. Most lines have none of them. */
const someWord = /cookie|bearer|basic/i
const cookieWord = /cookie/i
const schemeWord = /bearer|basic/i
const userInfo = /:\/\/[^\s/?#"'<>]{1,2048}@/g
const cookieLine = /((?:set-)?cookie["'\\]{0,2}\s{0,3}:\s{0,3}["'\\]{0,2})[^\r\n"]+/gi
const parameter = /([?&]?)\b([\w.%-]{1,64})(=)/g
const parameterValue = /\\?"[^"]*"|'[^']*'|[^\s&;,"'<>)]+/y
const property = /()\b([\w-]{1,64})(["'\\]{0,2}\s{0,3}:\s{0,3})/g
const propertyValue = /\\?"[^"]*"|'[^']*'|(?:bearer|basic|digest|token)\s+[^\s"',]+|[^\s,;"'}\]]+/iy
const scheme = /\b(bearer|basic)\s+([\w.~+/=-]{6,})/gi
/** What follows the word in sentences about it. */
const noCredential = /^(?:tokens?|auth\w*|schemes?|realm\b.*)$/i
/** Names that sentences have before a colon. */
const sentenceWord = /^(?:token|secret|secrets|cookies?|pass|pin|credentials?)$/i
/** What signs an address or stands for a password in one, but is an ordinary word elsewhere. */
const addressOnly = /^(?:key|code|sig|signature|auth|x-amz-signature|x-goog-signature)$/i

/** Hides what is secret in a text: user names in addresses, parameters, header lines, JSON, `Bearer …`. */
export function cleanText(text: string, rules: TextRules): string {
  const { secret, mark } = rules
  let clean = text
  if (clean.includes('@') && clean.includes('://')) clean = clean.replace(userInfo, `://${mark}@`)
  if (someWord.test(clean)) clean = withoutCredentials(withoutCookies(clean, mark), mark)
  // Patterns try every word of a text, so it is asked first whether there is anything for them.
  if (clean.includes('=')) clean = withoutParameters(clean, rules)
  return hasName(clean, ':', secret) ? withoutProperties(clean, rules) : clean
}

function withoutCookies(text: string, mark: string): string {
  return cookieWord.test(text) ? text.replace(cookieLine, (_, start: string) => start + mark) : text
}

function withoutCredentials(text: string, mark: string): string {
  if (!schemeWord.test(text)) return text
  return text.replace(scheme, (whole: string, word: string, value: string) =>
    noCredential.test(value) || isWord(word, value) ? whole : `${word} ${mark}`,
  )
}

function withoutParameters(text: string, { secret, mark }: TextRules): string {
  const isSecret = ({ before, name }: Named): boolean => secret(name) || (before !== '' && addressOnly.test(name))
  if (!hasName(text, '=', (name) => secret(name) || addressOnly.test(name))) return text
  return hideValues(text, { form: parameter, valueForm: parameterValue, isSecret, mark })
}

function withoutProperties(text: string, { secret, mark }: TextRules): string {
  const isSecret = ({ name, between, value }: Named): boolean => {
    if (!secret(name) || value.startsWith(mark)) return false
    // "invalid token: expired" says nothing secret.
    return !sentenceWord.test(name) || /["']/.test(between + value)
  }
  return hideValues(text, { form: property, valueForm: propertyValue, isSecret, mark })
}

/** A name that was found, with what stands around it, and its value. */
interface Named {
  readonly before: string
  readonly name: string
  readonly between: string
  readonly value: string
}

interface Search {
  readonly form: RegExp
  readonly valueForm: RegExp
  readonly isSecret: (found: Named) => boolean
  readonly mark: string
}

/** Hides the values of secret names. In the value of another name there may be one, so that is searched as well. */
function hideValues(text: string, { form, valueForm, isSecret, mark }: Search): string {
  let clean = ''
  let done = 0
  form.lastIndex = 0
  for (let match = form.exec(text); match !== null; match = form.exec(text)) {
    const [, before = '', name = '', between = ''] = match
    valueForm.lastIndex = form.lastIndex
    const named = { before, name, between, value: '' }
    if (!isSecret({ ...named, value: '"' })) continue
    const [value = ''] = valueForm.exec(text) ?? []
    if (value === '' || !isSecret({ ...named, value })) continue
    clean += text.slice(done, form.lastIndex) + quoted(value, mark)
    form.lastIndex += value.length
    done = form.lastIndex
  }
  return clean + text.slice(done)
}

/** "basic authentication" and "bearer in hand" are no credentials; those have more than small letters. */
function isWord(scheme: string, value: string): boolean {
  return scheme.toLowerCase() === 'basic' && /^[A-Za-z]?[a-z]+$/.test(value)
}

function quoted(value: string, mark: string): string {
  const [quote = ''] = /^\\?["']/.exec(value) ?? []
  return quote === '' ? mark : `${quote}${mark}${quote}`
}
