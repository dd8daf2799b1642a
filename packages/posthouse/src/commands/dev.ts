import { subscribe } from 'node:diagnostics_channel'
import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PosthouseError } from '@posthouse/core'
import { Command } from 'commander'
import { loadApp } from '../app/load-app.ts'
import { type AppAddress, urlOf } from '../app/run-app.ts'
import { isWatched, runWatched } from '../app/run-watched.ts'
import { showFailure } from '../app/source-frame.ts'
import { exitCodes } from '../failure.ts'
import { aborted, onInterrupt } from '../interrupt.ts'
import { checked, parsePort } from '../option-values.ts'
import { runNode } from '../run-node.ts'
import { applySettings } from '../settings/apply-settings.ts'
import { configFileNames, findConfigFile } from '../settings/config-file.ts'
import type { Terminal } from '../terminal.ts'
import { type UpWords, withUpWords } from '../up-words.ts'

/** Adds `posthouse dev`. */
export function addDev(program: Command, terminal: Terminal): void {
  program
    .command('dev')
    .summary('serve an app, or a whole node, while you write it')
    .description(
      'Serves the app that a file exports, with its documentation, or the node of a configuration file, and restarts whenever a file that it loads changes.',
    )
    .argument('[file]', 'file that exports the app, such as app.ts (default: the configuration file here)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, or that of the configuration file)')
    .option(
      '--port <number>',
      'port to listen on (default: 8000, or that of the configuration file)',
      checked(parsePort),
    )
    .action(async (file: string | undefined, options: Partial<AppAddress>) => {
      if (isWatched()) return await once(terminal, file, options)
      assertThere(file)
      await runWatched(terminal)
    })
}

/** No change of a file starts what was never there. @throws PosthouseError `invalid_option` */
function assertThere(named: string | undefined): void {
  if (!existsSync(pathOf(named))) throw new PosthouseError('invalid_option', `there is no file ${named}`)
}

/** The file that is named, or the configuration file here. @throws PosthouseError `invalid_option` where there is neither */
function pathOf(named: string | undefined): string {
  const path = named ?? findConfigFile()
  if (path !== undefined) return path
  throw new PosthouseError('invalid_option', `name a file, or make one of ${configFileNames.join(', ')}`)
}

/** Serves what the file has until it is to start anew, and shows what fails. */
async function once(terminal: Terminal, file: string | undefined, where: Partial<AppAddress>): Promise<void> {
  // Without whoever would start it anew it would keep its port.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // What nobody has caught is shown as what it is, and the next change starts anew.
  process.on('uncaughtException', (error) => {
    showFailure(terminal, error)
    process.exit(exitCodes.failed)
  })
  subscribe('posthouse.web.failure', (told) => showFailure(terminal, (told as { readonly error: unknown }).error))
  try {
    const isNode = file === undefined || configFileNames.includes(basename(file))
    if (isNode) await runConfigured(terminal, file, where)
    else await serveApp(terminal, file, { host: '127.0.0.1', port: 8000, ...where })
  } catch (error) {
    showFailure(terminal, error)
    process.exitCode = exitCodes.failed
  }
}

/** Runs the node of a configuration file, as `posthouse up` does. */
async function runConfigured(terminal: Terminal, named: string | undefined, where: Partial<AppAddress>): Promise<void> {
  const command = withUpWords(new Command('up'))
  const words = { config: named, ...where }
  for (const [name, value] of Object.entries(words)) {
    if (value !== undefined) command.setOptionValueWithSource(name, value, 'cli')
  }
  // Node tells what is imported, and JSON is read.
  process.send?.({ 'watch:import': [pathToFileURL(resolve(pathOf(named))).href] })
  const { file, doubts } = await applySettings(command)
  for (const doubt of doubts) terminal.note(doubt)
  await runNode(terminal, command.opts<UpWords>(), file)
}

async function serveApp(terminal: Terminal, file: string, where: AppAddress): Promise<void> {
  using interrupt = onInterrupt()
  const { app } = await loadApp(file)
  const { port } = await app.listen(where)
  terminal.note(`serving ${file} on ${urlOf({ ...where, port })}, documented at /docs and /asyncapi. Ctrl-C stops it.`)
  await aborted(interrupt.signal)
  await app.close()
}
