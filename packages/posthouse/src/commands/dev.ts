import { spawn } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { Command } from 'commander'
import { loadApp } from '../app/load-app.ts'
import { type AppAddress, urlOf } from '../app/run-app.ts'
import { showFailure } from '../app/source-frame.ts'
import { exitCodes } from '../failure.ts'
import { aborted, onInterrupt } from '../interrupt.ts'
import { checked, parsePort } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'

/** Adds `posthouse dev`. */
export function addDev(program: Command, terminal: Terminal): void {
  program
    .command('dev')
    .summary('serve an app while you write it')
    .description(
      'Serves the app that a file exports, with its documents, and again whenever a file changes that it loads.',
    )
    .argument('<file>', 'file that exports the app, such as app.ts')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', checked(parsePort), 8000)
    .action((file, options) => (isWatched() ? serveOnce(terminal, file, options) : watch()))
}

/** True in the process that Node starts anew with each change. */
function isWatched(): boolean {
  return process.env.WATCH_REPORT_DEPENDENCIES !== undefined
}

/** Runs this command below Node's own watcher, which knows every file that was loaded. */
async function watch(): Promise<void> {
  using interrupt = onInterrupt()
  const args = [...process.execArgv, '--watch', '--watch-preserve-output', ...process.argv.slice(1)]
  const env = { ...process.env, NODE_ENV: process.env.NODE_ENV ?? 'development' }
  const watcher = spawn(process.execPath, args, { stdio: 'inherit', env })
  const exit = once(watcher, 'exit')
  await Promise.race([exit, aborted(interrupt.signal)])
  watcher.kill('SIGTERM')
  await exit
}

async function serveOnce(terminal: Terminal, file: string, where: AppAddress): Promise<void> {
  using interrupt = onInterrupt()
  // What nobody has caught is shown as what it is, and the next change starts anew.
  process.on('uncaughtException', (error) => {
    showFailure(terminal, error)
    process.exit(exitCodes.failed)
  })
  subscribe('posthouse.web.failure', (told) => showFailure(terminal, (told as { readonly error: unknown }).error))
  try {
    const { app } = await loadApp(file)
    const { port } = await app.listen(where)
    terminal.note(
      `serving ${file} on ${urlOf({ ...where, port })}, with documents at /docs and /asyncapi. Ctrl-C stops it.`,
    )
    await aborted(interrupt.signal)
    await app.close()
  } catch (error) {
    showFailure(terminal, error)
    process.exitCode = exitCodes.failed
  }
}
