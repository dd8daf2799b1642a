import type { Command } from 'commander'
import { everyPage } from '../every-page.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { askHub, type HubAnswer } from '../hub-answer.ts'
import { onInterrupt } from '../interrupt.ts'
import { moment } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { printTable } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { bytes } from '../watch/quantity.ts'

/** Adds `posthouse queues`. */
export function addQueues(program: Command, terminal: Terminal): void {
  const command = program
    .command('queues')
    .summary('show the work queues')
    .description(
      'Shows the work queues of a hub: how much waits in them, how much workers hold, and how many workers there are. If the hub requires authentication, this needs the right to administer it.',
    )
    .action((options) => queues(terminal, options))
  withHubAccess(command)
}

/**
 * Shows the queues.
 * @throws PosthouseError
 */
async function queues(terminal: Terminal, options: HubAccess): Promise<void> {
  using interrupt = onInterrupt()
  await using client = await openClient(options, interrupt.signal)
  const ask = (after: string | undefined): Promise<HubAnswer> =>
    askHub(client, 'hub.queues', { after, limit: 200 }, interrupt.signal)
  const all = await everyPage(ask, 'queues', 'queue')
  if (options.json) terminal.print(JSON.stringify(all.map(({ value }) => value)))
  else if (all.length === 0) terminal.note('there are no queues')
  else printQueues(terminal, all)
  await client.drain()
}

function printQueues(terminal: Terminal, queues: readonly HubAnswer[]): void {
  printTable<HubAnswer>(
    terminal,
    [
      { title: 'QUEUE', cell: (each) => each.text('queue') },
      { title: 'WAITING', numeric: true, cell: (each) => String(each.number('messages') - each.number('leased')) },
      { title: 'AT WORK', numeric: true, cell: (each) => String(each.number('leased')) },
      { title: 'WORKERS', numeric: true, cell: (each) => String(each.number('workers')) },
      { title: 'SIZE', numeric: true, cell: (each) => bytes(each.number('bytes')) },
      { title: 'OLDEST', cell: (each) => moment(each.maybe('oldest', each.number)) },
      { title: 'BY PRIORITY', cell: priorities },
    ],
    queues,
  )
}

/** The highest first: `9: 2, 4: 17`. Nothing where all have the usual one. */
function priorities(queue: HubAnswer): string {
  const counts = Object.entries(queue.answer('priorities').value)
  if (counts.every(([priority]) => priority === '4')) return ''
  return counts
    .sort(([a], [b]) => Number(b) - Number(a))
    .map(([priority, count]) => `${priority}: ${count}`)
    .join(', ')
}
