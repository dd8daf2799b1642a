import type { Command, Option } from 'commander'
import { applySettings, sourceOf } from '../settings/apply-settings.ts'
import { configFileNames } from '../settings/config-file.ts'
import { type SettingSource, settingsOf, variableOf } from '../settings/setting.ts'
import { printTable } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { withUpWords } from '../up-words.ts'

/** A setting as it is in force. */
interface Shown {
  readonly setting: string
  /** Null where it has none. */
  readonly value: unknown
  readonly source: SettingSource
  /** The flag, the variable or the file that it comes from; absent for a default. */
  readonly from?: string
}

/** Adds `posthouse config`. */
export function addConfig(program: Command, terminal: Terminal): void {
  const command = program
    .command('config')
    .summary('show the settings that are in force, and where each comes from')
    .description(
      'Shows the settings that posthouse up would use here: flags win over the environment, the environment wins over the configuration file.',
    )
    .option('--json', 'print JSON')
  withUpWords(command).action(async ({ json }: { readonly json?: boolean }) => {
    const { file, doubts } = await applySettings(command)
    const path = file.path ?? ''
    const names = new Map(settingsOf(command).map((option) => [option.attributeName(), option]))
    const shown = [...names].map(([name, option]) => shownOf(command, name, { option, path }))
    for (const doubt of doubts) terminal.note(doubt)
    if (json === true) terminal.print(JSON.stringify({ file: file.path ?? null, settings: shown }, null, 2))
    else printShown(terminal, shown, file.path)
  })
}

function shownOf(command: Command, setting: string, { option, path }: { option: Option; path: string }): Shown {
  const source = sourceOf(command, setting)
  const value = hidden(setting, command.getOptionValue(setting)) ?? null
  if (source === 'default') return { setting, value, source }
  const from = { flag: option.long ?? '', environment: variableOf(option), file: path }[source]
  return { setting, value, source, from }
}

/** What must not be read over somebody's shoulder, or end up in a report. Paths of files are no secrets. */
function hidden(setting: string, value: unknown): unknown {
  if (/(secret|password|token|accessKey|signingKey)$/i.test(setting) && value !== undefined) return '***'
  if (typeof value !== 'string' || !URL.canParse(value)) return value
  const url = new URL(value)
  if (url.username === '' && url.password === '') return value
  url.username = '***'
  url.password = ''
  return url.href
}

function printShown(terminal: Terminal, shown: readonly Shown[], path: string | undefined): void {
  printTable(
    terminal,
    [
      { title: 'SETTING', cell: ({ setting }: Shown) => setting },
      { title: 'VALUE', cell: ({ value }: Shown) => valueText(value) },
      { title: 'FROM', cell: ({ from = 'default' }: Shown) => from },
    ],
    shown,
  )
  const none = `There is no configuration file here (${configFileNames.join(', ')}).`
  terminal.note(path === undefined ? none : `The configuration file is ${path}.`)
  terminal.note('A setting with - is left to its default, which posthouse up --help describes.')
}

function valueText(value: unknown): string {
  if (value === null) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
