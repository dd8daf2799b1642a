import cluster from 'node:cluster'
import { PosthouseError } from '@posthouse/core'
import type { Command } from 'commander'
import { loadApp } from '../app/load-app.ts'
import { type AppAddress, runApp } from '../app/run-app.ts'
import { runWorkers } from '../app/workers.ts'
import { exitCodes } from '../failure.ts'
import { checked, parseCount, parsePort } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'

interface ServeOptions extends AppAddress {
  readonly workers: number
}

/** Adds `posthouse serve`. */
export function addServe(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .summary('serve an app of @posthouse/web')
    .description('Serves the app that a file exports, in production unless NODE_ENV says otherwise, until Ctrl-C.')
    .argument('<file>', 'file that exports the app, such as app.ts')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 chooses a free one', checked(parsePort), 8000)
    .option('--workers <number>', 'processes that share the port', checked(parseCount), 1)
    .action(async (file, options) => {
      try {
        await serve(terminal, file, options)
      } finally {
        // What a worker shares with the one that started it would keep it here, also where it could not begin.
        if (cluster.isWorker) cluster.worker?.disconnect()
      }
    })
}

/** @throws PosthouseError `invalid_option`, `port_in_use`, `cannot_listen` */
async function serve(terminal: Terminal, file: string, { workers, ...where }: ServeOptions): Promise<void> {
  process.env.NODE_ENV ??= 'production'
  const { app, oneProcess } = await loadApp(file)
  if (workers === 1 || cluster.isWorker) return await runApp(terminal, app, where)
  if (oneProcess !== undefined) {
    throw new PosthouseError('invalid_option', `${file} cannot be served by ${workers} workers: ${oneProcess}`)
  }
  await app.close()
  if (!(await runWorkers(terminal, workers))) process.exitCode = exitCodes.failed
}
