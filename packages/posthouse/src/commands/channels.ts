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

/** Adds `posthouse channels`. */
export function addChannels(program: Command, terminal: Terminal): void {
  const command = program
    .command('channels')
    .summary('show the channels')
    .description(
      'Shows the channels that keep messages, and the number of subscribers of each. If the hub requires authentication, this needs the right to administer it.',
    )
    .action((options) => channels(terminal, options))
  withHubAccess(command)
}

/**
 * Shows the channels.
 * @throws PosthouseError
 */
async function channels(terminal: Terminal, options: HubAccess): Promise<void> {
  using interrupt = onInterrupt()
  await using client = await openClient(options, interrupt.signal)
  const ask = (after: string | undefined): Promise<HubAnswer> =>
    askHub(client, 'hub.channels', { after, limit: 200 }, interrupt.signal)
  const all = await everyPage(ask, 'channels', 'channel')
  if (options.json) terminal.print(JSON.stringify(all.map(({ value }) => value)))
  else if (all.length === 0) terminal.note('no channel keeps messages')
  else {
    printTable<HubAnswer>(
      terminal,
      [
        { title: 'CHANNEL', cell: (each) => each.text('channel') },
        { title: 'SUBSCRIBERS', numeric: true, cell: (each) => String(each.number('subscribers')) },
        { title: 'MESSAGES', numeric: true, cell: (each) => String(each.number('messages')) },
        { title: 'SIZE', numeric: true, cell: (each) => bytes(each.number('bytes')) },
        { title: 'NEWEST', cell: (each) => moment(each.number('ts')) },
      ],
      all,
    )
  }
  await client.drain()
}
