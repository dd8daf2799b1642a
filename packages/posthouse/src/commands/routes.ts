import type { Command } from 'commander'
import { loadApp } from '../app/load-app.ts'
import { type Terminal, visible } from '../terminal.ts'

/** Adds `posthouse routes`. */
export function addRoutes(program: Command, terminal: Terminal): void {
  program
    .command('routes')
    .summary('list the endpoints of an app')
    .description('Lists the endpoints of the app that a file exports, in the order in which they were declared.')
    .argument('<file>', 'file that exports the app, such as app.ts')
    .option('--json', 'print JSON, one endpoint per line', false)
    .action((file, options) => listRoutes(terminal, file, options))
}

async function listRoutes(terminal: Terminal, file: string, { json }: { readonly json: boolean }): Promise<void> {
  const { app } = await loadApp(file)
  const rows = app.routes().map(({ endpoint, path, tags }) => ({
    method: endpoint.kind === 'http' ? endpoint.method : 'WS',
    path,
    tags: [...tags],
    summary: endpoint.options.summary ?? '',
  }))
  if (json) for (const row of rows) terminal.print(JSON.stringify(row))
  else {
    const cells = rows.map(({ method, path, tags, summary }) => [method, path, tags.join(' '), summary].map(visible))
    terminal.table(['METHOD', 'PATH', 'TAGS', 'SUMMARY'], cells)
  }
  await app.close()
}
