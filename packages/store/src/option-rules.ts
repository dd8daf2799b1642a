import { numberFrom, objectWith, oneOf, type Rule, type Rules } from '@posthouse/core/options'

/** What a write waits for; a word that is misspelled must not mean the weaker one. */
export const aDurability: Rule = oneOf('disk', 'process')

/** What a logger must be. */
export const aLogger: Rule = objectWith('debug', 'info', 'warn', 'error')

/** A rule for each of these amounts: a number from 0, also an endless one. */
export function amountRules<Amounts extends object>(usual: Amounts): Rules<Amounts> {
  const rules = Object.keys(usual).map((name) => [name, numberFrom(0)])
  // A rule for each name that there is.
  return Object.fromEntries(rules) as Rules<Amounts>
}
