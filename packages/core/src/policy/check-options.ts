import { PosthouseError } from '../errors.ts'

/** What an option must be, in words that follow "must be", and whether a value is that. */
export interface Rule {
  readonly words: string
  readonly holds: (value: unknown) => boolean
}

/** A rule for each option that there is. */
export type Rules<Options> = { readonly [Name in keyof Options]-?: Rule }

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** A number from `least` on, also an endless one. */
export function numberFrom(least: number): Rule {
  return { words: `a number from ${least}`, holds: (value) => isNumber(value) && value >= least }
}

export function wholeFrom(least: number): Rule {
  const isWhole = (value: unknown): boolean => Number.isInteger(value) || value === Number.POSITIVE_INFINITY
  return {
    words: `a whole number from ${least}`,
    holds: (value) => isNumber(value) && value >= least && isWhole(value),
  }
}

export const aboveZero: Rule = { words: 'a number above 0', holds: (value) => isNumber(value) && value > 0 }

/** Where no end makes no sense, as for a window. */
export const finiteAboveZero: Rule = {
  words: 'a finite number above 0',
  holds: (value) => isNumber(value) && value > 0 && value < Number.POSITIVE_INFINITY,
}

/** A factor that makes less of something. */
export const belowOne: Rule = {
  words: 'a number above 0 and below 1',
  holds: (value) => isNumber(value) && value > 0 && value < 1,
}

export const aFunction: Rule = { words: 'a function', holds: (value) => typeof value === 'function' }

/** An object that has these methods. */
export function objectWith(...methods: readonly string[]): Rule {
  const has = (value: object): boolean => methods.every((name) => typeof Reflect.get(value, name) === 'function')
  return {
    words: `an object with ${methods.join(', ')}`,
    holds: (value) => typeof value === 'object' && value !== null && has(value),
  }
}

export const aClock: Rule = objectWith('now', 'elapsed', 'after')

export function oneOf(...words: readonly string[]): Rule {
  return { words: `one of ${words.join(', ')}`, holds: (value) => words.some((word) => word === value) }
}

/**
 * Refuses options that do not exist or have a value that they cannot have.
 * @throws PosthouseError `invalid_option`, which names the option and its value
 */
export function checkOptions<Options extends object>(
  owner: string,
  options: Options,
  rules: Rules<Options>,
  required: readonly (keyof Options & string)[] = [],
): void {
  if (typeof options !== 'object' || options === null) refuse(`${owner} needs an object with options`)
  const known = new Map<string, Rule>(Object.entries(rules))
  for (const name of required) if (options[name] === undefined) refuse(`${owner} needs the option ${name}`)
  for (const [name, value] of Object.entries(options)) {
    const rule = known.get(name)
    if (rule === undefined) refuse(`${owner} has no option ${name}, only ${[...known.keys()].join(', ')}`)
    if (value !== undefined && !rule.holds(value))
      refuse(`${owner}: ${name} must be ${rule.words}, not ${shown(value)}`)
  }
}

/**
 * What a function of the caller gave, which no rule could see before.
 * @throws PosthouseError `invalid_option` where it is not a number
 */
export function numberOf(name: string, value: number): number {
  return Number.isNaN(value) ? refuse(`${name} must give a number, not NaN`) : value
}

function shown(value: unknown): string {
  try {
    return (typeof value === 'string' ? JSON.stringify(value) : String(value)).slice(0, 100)
  } catch {
    // An object without a text of its own.
    return Object.prototype.toString.call(value)
  }
}

function refuse(message: string): never {
  throw new PosthouseError('invalid_option', message)
}
