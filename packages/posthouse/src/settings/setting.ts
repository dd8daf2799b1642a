import { PosthouseError, reasonOf } from '@posthouse/core'
import type { Command, Option } from 'commander'
import { takesSeveral } from '../option-values.ts'
import { nearest } from './nearest.ts'

/** Where the value of a setting comes from. */
export type SettingSource = 'flag' | 'environment' | 'file' | 'default'

/** Where a value was given, to tell whoever has to change it. */
export interface Origin {
  /** Such as `POSTHOUSE_PORT`, or `port in posthouse.config.json`. */
  readonly shown: string
  /** True for text of the environment, where booleans and lists are words. */
  readonly words: boolean
}

/** Settings of which only one can hold: what a stronger source gives takes the place of the others. */
export const exclusiveSettings: readonly (readonly string[])[] = [
  ['tokenFile', 'jwtSecretFile', 'jwtPublicKey', 'jwksUrl'],
  ['legacy', 'legacyAllow'],
]

/** Settings that say more about JSON Web Tokens. */
export const ofWebTokens: readonly string[] = ['jwtIssuer', 'jwtAudience']

/** The settings of a command: its options, but for those that are about one call of it only. */
export function settingsOf(command: Command): readonly Option[] {
  const passing = new Set(['config', 'json', 'help'])
  return command.options.filter((option) => !passing.has(option.attributeName()))
}

/** The name of a setting in the environment. */
export function variableOf(option: Option): string {
  return `POSTHOUSE_${option.attributeName().replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`
}

/** Refuses what is no setting, with the one that may be meant. @throws PosthouseError `invalid_option` */
export function assertSetting(name: string, options: readonly Option[], where: string): void {
  const names = options.map((option) => option.attributeName())
  if (names.includes(name)) return
  const near = nearest(name, names)
  const hint = near === undefined ? 'posthouse config shows what there is' : `did you mean ${near}?`
  throw new PosthouseError('invalid_option', `${where}: there is no setting ${JSON.stringify(name)}; ${hint}`)
}

/**
 * Reads the value of a setting, by the same rules as on the command line.
 * @throws PosthouseError `invalid_option` that names it
 */
export function readSetting(option: Option, given: unknown, origin: Origin): unknown {
  try {
    if (!option.required && !option.optional) return readFlag(given, origin)
    if (!Array.isArray(given) && !origin.words) return readWords(option, [given], given)
    const words = Array.isArray(given) ? given : takesSeveral(option) ? String(given).trim().split(/\s+/) : [given]
    return readWords(option, words, given)
  } catch (cause) {
    throw new PosthouseError('invalid_option', `${origin.shown}: ${reasonOf(cause)}`, { cause })
  }
}

const yes: ReadonlySet<string> = new Set(['1', 'true', 'yes', 'on'])
const no: ReadonlySet<string> = new Set(['0', 'false', 'no', 'off'])

function readFlag(given: unknown, { words }: Origin): boolean {
  if (typeof given === 'boolean') return given
  const word = String(given).toLowerCase()
  if (words && yes.has(word)) return true
  if (words && no.has(word)) return false
  throw new TypeError(`it is true or false, not ${JSON.stringify(given)}`)
}

function readWords(option: Option, words: readonly unknown[], given: unknown): unknown {
  let value: unknown
  for (const text of words.map(textOf)) {
    // A parser is given what came before, of its own type.
    if (option.parseArg !== undefined) value = option.parseArg(text, value as undefined)
    else value = option.variadic ? [...((value as readonly string[] | undefined) ?? []), text] : text
  }
  if (words.length > 1 && !Array.isArray(value)) throw new TypeError(`it takes one value, not ${JSON.stringify(given)}`)
  return value ?? []
}

/** A value as it is written on the command line; there, false is `off`. */
function textOf(word: unknown): string {
  if (word === false) return 'off'
  if (typeof word === 'string' || typeof word === 'number') return String(word)
  throw new TypeError(`it takes text or a number, not ${JSON.stringify(word)}`)
}
