import { PosthouseError, parseAddress } from '@posthouse/core'
import type { Command } from 'commander'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { askHub, type HubAnswer } from '../hub-answer.ts'
import { onInterrupt } from '../interrupt.ts'
import { bodyText, jsonText } from '../message-line.ts'
import { moment } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { checked, parseCount, parsePosition } from '../option-values.ts'
import { printTable } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { bytes } from '../watch/quantity.ts'

interface InboxOptions extends HubAccess {
  readonly after?: number
  readonly limit: number
  readonly bodies?: boolean
}

/** Adds `posthouse inbox`. */
export function addInbox(program: Command, terminal: Terminal): void {
  const command = program
    .command('inbox')
    .summary('show what waits for a client')
    .description(
      'Shows the stored messages that a client has not acknowledged yet, the oldest first. They stay in the inbox. If the hub requires authentication, this needs the right to administer it.',
    )
    .argument('<client>', 'a client id')
    .option('--after <seq>', 'only messages after this position', checked(parsePosition))
    .option('--limit <number>', 'how many messages at most, up to 256', checked(parseCount), 100)
    .option('--bodies', 'show the bodies, too')
    .action((client, options) => inbox(terminal, client, options))
  withHubAccess(command)
}

/**
 * Shows what waits for a client.
 * @throws PosthouseError
 */
async function inbox(terminal: Terminal, whom: string, options: InboxOptions): Promise<void> {
  const { name, kind } = parseAddress(whom)
  if (kind !== 'client') throw new PosthouseError('invalid_option', `${whom} is no client: name the id of one`)
  const { after, limit, bodies = false } = options
  using interrupt = onInterrupt()
  await using client = await openClient(options, interrupt.signal)
  const wanted = { client: name, limit, bodies, ...(after && { after }) }
  const answer = await askHub(client, 'hub.inbox', wanted, interrupt.signal)
  if (options.json) terminal.print(jsonText(answer.value))
  else print(terminal, answer, bodies)
  await client.drain()
}

function print(terminal: Terminal, answer: HubAnswer, bodies: boolean): void {
  const [messages, size] = [answer.number('messages'), answer.number('bytes')]
  const oldest = answer.maybe('oldest', answer.number)
  const since = oldest === undefined ? '' : `, the oldest from ${moment(oldest)}`
  const entries = answer.list('entries')
  terminal.note(`${messages} message${messages === 1 ? '' : 's'}, ${bytes(size)}${since}`)
  if (entries.length === 0) return
  printTable<HubAnswer>(
    terminal,
    [
      { title: 'SEQ', numeric: true, cell: (each) => String(each.number('seq')) },
      { title: 'FROM', cell: (each) => each.text('from') },
      { title: 'TO', cell: (each) => each.text('to') },
      { title: 'TYPE', cell: (each) => each.text('type') },
      { title: 'SIZE', numeric: true, cell: (each) => bytes(each.number('bytes')) },
      { title: 'ATTEMPT', numeric: true, cell: (each) => String(each.number('attempt')) },
      { title: 'TAKEN', cell: (each) => moment(each.number('ts')) },
      { title: 'EXPIRES', cell: (each) => moment(each.maybe('expiresAt', each.number)) },
      ...(bodies ? [{ title: 'BODY', cell: (each: HubAnswer) => bodyText(each.value.body) }] : []),
    ],
    entries,
  )
}
