import type { Command } from 'commander'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { moment } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { type Terminal, visible } from '../terminal.ts'

/** Options of `posthouse clients`. */
interface ClientsOptions extends HubAccess {
  readonly all?: boolean
}

/** Adds `posthouse clients`. */
export function addClients(program: Command, terminal: Terminal): void {
  const command = program
    .command('clients')
    .summary('show who is online')
    .description('Shows the clients that are online.')
    .option('--all', 'also those that are offline')
    .action((options) => clients(terminal, options))
  withHubAccess(command)
}

/**
 * Shows who is there; with `all` also who was.
 * @throws PosthouseError
 */
async function clients(terminal: Terminal, options: ClientsOptions): Promise<void> {
  using interrupt = onInterrupt()
  await using client = await openClient(options, interrupt.signal)
  const listed = await client.clients({ online: !options.all, signal: interrupt.signal })
  const others = listed.filter((info) => info.client !== client.clientId)
  if (options.json) terminal.print(JSON.stringify(others))
  else if (others.length === 0) terminal.note(options.all ? 'no client has been here yet' : 'no client is online')
  else {
    const rows = others.map(({ client: id, online, dialect, since, lastSeen }) => [
      visible(id),
      online ? 'online' : 'offline',
      dialect ?? '',
      moment(since),
      moment(lastSeen),
    ])
    terminal.table(['CLIENT', 'STATUS', 'DIALECT', 'SINCE', 'LAST SEEN'], rows)
  }
  await client.drain()
}
