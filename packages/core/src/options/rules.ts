/** What an option must be, in words that follow "must be", and whether a value is that. */
export interface Rule {
  readonly words: string
  readonly holds: (value: unknown) => boolean
  /** Rules for the options within it, where it is an object. */
  readonly within?: Within
  /** What it was is not said: it may be a secret. */
  readonly isSecret?: boolean
}

interface Within {
  readonly rules: Readonly<Record<string, Rule>>
  readonly required: readonly string[]
}

/** A rule for each option that there is. */
export type Rules<Options> = { readonly [Name in keyof Options]-?: Rule }

const isNumber = (value: unknown): value is number => typeof value === 'number'

function ruleOf(words: string, holds: Rule['holds']): Rule {
  return { words, holds }
}

export const anything: Rule = ruleOf('anything', () => true)

export const aFlag: Rule = ruleOf('true or false', (value) => typeof value === 'boolean')

export const aText: Rule = ruleOf('a text', (value) => typeof value === 'string')

export const aFunction: Rule = ruleOf('a function', (value) => typeof value === 'function')

/** A number from `least` on, also an endless one. */
export function numberFrom(least: number): Rule {
  return ruleOf(`a number from ${least}`, (value) => isNumber(value) && value >= least)
}

/** The same without fractions. */
export function wholeFrom(least: number): Rule {
  const isWhole = (value: number): boolean => Number.isInteger(value) || value === Number.POSITIVE_INFINITY
  return ruleOf(`a whole number from ${least}`, (value) => isNumber(value) && value >= least && isWhole(value))
}

export const aboveZero: Rule = ruleOf('a number above 0', (value) => isNumber(value) && value > 0)

/** Where no end makes no sense, as for a window. */
export const finiteAboveZero: Rule = ruleOf(
  'a finite number above 0',
  (value) => isNumber(value) && value > 0 && value < Number.POSITIVE_INFINITY,
)

/** A factor that makes less of something. */
export const belowOne: Rule = ruleOf(
  'a number above 0 and below 1',
  (value) => isNumber(value) && value > 0 && value < 1,
)

/** An object that has these methods. */
export function objectWith(...methods: readonly string[]): Rule {
  const has = (value: object): boolean => methods.every((name) => typeof Reflect.get(value, name) === 'function')
  const words = methods.length === 0 ? 'an object' : `an object with ${methods.join(', ')}`
  return ruleOf(words, (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && has(value))
}

export const anObject: Rule = objectWith()

export const aClock: Rule = objectWith('now', 'elapsed', 'after')

/** One of these values, such as words or `false`. */
export function oneOf(...values: readonly (string | boolean)[]): Rule {
  return ruleOf(values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`, (value) =>
    values.some((one) => one === value),
  )
}

/** A list in which the rule holds for each; `words` say what they are, as in "a list of texts". */
export function listOf(words: string, rule: Rule): Rule {
  return ruleOf(`a list of ${words}`, (value) => Array.isArray(value) && value.every((one) => rule.holds(one)))
}

/** An object with options of its own. */
export function optionsOf<Options>(
  rules: Rules<Options>,
  ...required: readonly (keyof Options & string)[]
): Rule & { readonly within: Within } {
  // A record of all names of the options, each with its rule.
  return { ...anObject, words: 'an object of options', within: { rules: rules as Within['rules'], required } }
}

/** Any of several; one of them may have options of its own. */
export function either(...rules: readonly Rule[]): Rule {
  const words = rules.map((rule) => rule.words).join(', or ')
  const within = rules.find((rule) => rule.within !== undefined)?.within
  const holds = (value: unknown): boolean => rules.some((rule) => rule.holds(value))
  return within === undefined ? { words, holds } : { words, holds, within }
}

/** The rule for something that no message may show. */
export function secretly(rule: Rule): Rule {
  return { ...rule, isSecret: true }
}
