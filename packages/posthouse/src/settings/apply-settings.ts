import { PosthouseError } from '@posthouse/core'
import type { Command, Option } from 'commander'
import { type ConfigFile, readConfigFile } from './config-file.ts'
import { nearest } from './nearest.ts'
import {
  assertSetting,
  exclusiveSettings,
  ofWebTokens,
  readSetting,
  type SettingSource,
  settingsOf,
  variableOf,
} from './setting.ts'

/** What a command goes by, once environment and configuration file were added to its words. */
export interface AppliedSettings {
  readonly file: ConfigFile
  /** Variables that look like misspelled settings, with what they may mean. */
  readonly doubts: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

const ranks: readonly SettingSource[] = ['flag', 'environment', 'file', 'default']
const sources: Readonly<Record<string, SettingSource>> = { cli: 'flag', env: 'environment', config: 'file' }

/**
 * Gives a command's options that its words have left open the values of the environment, and of the configuration file where
 * neither has any.
 * @throws PosthouseError `invalid_option` that names the setting and where it was given
 */
export async function applySettings(command: Command, env: Environment = process.env): Promise<AppliedSettings> {
  const { config: named } = command.opts<{ readonly config?: string }>()
  const file = await readConfigFile(named ?? (env.POSTHOUSE_CONFIG || undefined))
  const options = settingsOf(command)
  const { path = '', settings } = file
  for (const name of Object.keys(settings)) assertSetting(name, options, path)
  for (const option of options) applyFile(command, option, settings[option.attributeName()], path)
  for (const option of options) applyVariable(command, option, env)
  for (const names of exclusiveSettings) settle(command, names)
  for (const name of ofWebTokens) yieldTo(command, 'tokenFile', name)
  return { file, doubts: doubtsIn(env, options) }
}

/** Where a setting of a command has its value from. */
export function sourceOf(command: Command, name: string): SettingSource {
  return sources[command.getOptionValueSource(name) ?? ''] ?? 'default'
}

function applyFile(command: Command, option: Option, given: unknown, path: string): void {
  const name = option.attributeName()
  if (given === undefined || sourceOf(command, name) === 'flag') return
  const value = readSetting(option, given, { shown: `${path}: ${name}`, words: false })
  command.setOptionValueWithSource(name, value, 'config')
}

function applyVariable(command: Command, option: Option, env: Environment): void {
  const name = option.attributeName()
  const variable = variableOf(option)
  const given = env[variable]
  if (given === undefined || given === '' || sourceOf(command, name) === 'flag') return
  command.setOptionValueWithSource(name, readSetting(option, given, { shown: variable, words: true }), 'env')
}

/** Of settings that exclude each other, the one of the strongest source holds. */
function settle(command: Command, names: readonly string[]): void {
  const given = names.filter((name) => sourceOf(command, name) !== 'default' && command.getOptionValue(name) !== true)
  const rank = (name: string): number => ranks.indexOf(sourceOf(command, name))
  const strongest = Math.min(...given.map(rank))
  const holding = given.filter((name) => rank(name) === strongest)
  if (holding.length > 1) {
    const where = ranks[strongest] === 'file' ? 'the configuration file' : `the ${ranks[strongest]}s`
    throw new PosthouseError('invalid_option', `${holding.join(' and ')} exclude each other; ${where} has both`)
  }
  for (const name of given) {
    if (holding.includes(name)) continue
    const usual = command.options.find((option) => option.attributeName() === name && !option.negate)?.defaultValue
    command.setOptionValueWithSource(name, name === 'legacy' ? true : usual, 'default')
  }
}

/** What is said of JSON Web Tokens means nothing where a stronger source wants tokens of another kind. */
function yieldTo(command: Command, holding: string, name: string): void {
  const rank = (each: string): number => ranks.indexOf(sourceOf(command, each))
  if (rank(holding) < rank(name)) command.setOptionValueWithSource(name, undefined, 'default')
}

/** Variables of other programs may begin like ours, so what is not known is only doubted where it is nearly known. */
function doubtsIn(env: Environment, options: readonly Option[]): string[] {
  const variables = [...options.map(variableOf), 'POSTHOUSE_CONFIG', 'POSTHOUSE_URL', 'POSTHOUSE_TOKEN']
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith('POSTHOUSE_') || variables.includes(name)) return []
    const near = nearest(name, variables)
    return near === undefined ? [] : [`${name} is no setting; did you mean ${near}?`]
  })
}
