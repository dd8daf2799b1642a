/** How secrets in running text are found. */
export interface TextRules {
  readonly secret: (name: string) => boolean
  readonly mark: string
}

/** Without one of these a text holds nothing that is looked for. */
const suspicious = /[:=]|bearer|basic/i
const userInfo = /:\/\/[^\s/?#"'<>]{1,2048}@/g
const cookieLine = /((?:set-)?cookie["'\\]{0,2}\s{0,3}:\s{0,3}["'\\]{0,2})[^\r\n"]+/gi
const parameter = /([?&]?)([\w.%-]{1,64})=(\\?"[^"]*"|'[^']*'|[^\s&;,"'<>)]+)/g
const property =
  /([\w-]{1,64})(["'\\]{0,2}\s{0,3}:\s{0,3})(\\?"[^"]*"|'[^']*'|(?:bearer|basic|digest|token)\s+[^\s"',]+|[^\s,;"'}\]]+)/gi
const scheme = /\b(bearer|basic)\s+([\w.~+/=-]{6,})/gi
/** What follows the word in sentences about it. */
const noCredential = /^(?:tokens?|auth\w*|schemes?|realm\b.*)$/i
/** What signs an address or stands for a password in one, but is an ordinary word elsewhere. */
const addressOnly = /^(?:key|code|sig|signature|auth|x-amz-signature|x-goog-signature)$/i

/** Hides what is secret in a text: user names in addresses, parameters, header lines, JSON, `Bearer …`. */
export function cleanText(text: string, { secret, mark }: TextRules): string {
  if (!suspicious.test(text)) return text
  let clean = text
  if (clean.includes('://')) clean = clean.replace(userInfo, `://${mark}@`)
  clean = clean.replace(cookieLine, (_, start: string) => start + mark)
  clean = clean.replace(scheme, (whole: string, word: string, value: string) =>
    noCredential.test(value) || isWord(word, value) ? whole : `${word} ${mark}`,
  )
  if (clean.includes('=')) clean = clean.replace(parameter, hideParameter)
  return clean.includes(':') ? clean.replace(property, hideProperty) : clean

  function hideParameter(whole: string, before: string, name: string, value: string): string {
    const hidden = secret(name) || (before !== '' && addressOnly.test(name))
    return hidden ? `${before}${name}=${quoted(value, mark)}` : whole
  }

  function hideProperty(whole: string, name: string, colon: string, value: string): string {
    if (!secret(name) || value.startsWith(mark)) return whole
    // "invalid token: expired" says nothing secret.
    const sentence =
      /^(?:token|secret|secrets|cookies?|pass|pin|credentials?)$/i.test(name) && !/["']/.test(colon + value)
    return sentence ? whole : name + colon + quoted(value, mark)
  }
}

/** "basic authentication" and "bearer in hand" are no credentials; those have more than small letters. */
function isWord(scheme: string, value: string): boolean {
  return scheme.toLowerCase() === 'basic' && /^[A-Za-z]?[a-z]+$/.test(value)
}

function quoted(value: string, mark: string): string {
  const [quote = ''] = /^\\?["']/.exec(value) ?? []
  return quote === '' ? mark : `${quote}${mark}${quote}`
}
