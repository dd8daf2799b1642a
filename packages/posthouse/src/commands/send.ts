import type { SendOptions } from '@posthouse/client'
import { PosthouseError, parseAddress } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { moment, parseLater } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { checked, durationOption, parsePriority } from '../option-values.ts'
import { bodyOf, type OutgoingWords, sendOptionsOf, withOutgoingWords } from '../outgoing-words.ts'
import { Receipts } from '../receipts.ts'
import { type Terminal, visible } from '../terminal.ts'

interface SendWords extends HubAccess, OutgoingWords {
  readonly at?: number
  readonly whenOffline?: SendOptions['whenOffline']
  readonly priority?: number
  readonly receipts?: boolean
  readonly timeout: number
}

/** Adds `posthouse send`. */
export function addSend(program: Command, terminal: Terminal): void {
  const command = program
    .command('send')
    .summary('send one message')
    .description('Sends one message and waits until the hub has it. Without a body it is read from standard input.')
    .argument('<to>', 'a client id, client:<id>, group:<name>, channel:<name>, queue:<name>, all or hub')
  withOutgoingWords(command)
    .option(
      '--at <when>',
      'deliver it then: a date, or a time from now such as 10m; at most a year',
      checked(parseLater),
    )
    .addOption(
      new Option('--when-offline <what>', 'for a client that is away: store it, refuse it, or drop it').choices([
        'store',
        'error',
        'drop',
      ]),
    )
    .option('--priority <number>', 'in a queue: 0 to 9, the highest first (default: 4)', checked(parsePriority))
    .option('--receipts', 'wait until its recipient has it, and say so; for groups, until the time is over')
    .addOption(durationOption('--timeout <time>', 'with --receipts: how long to wait', 30_000))
    .action((to, body, options) => send(terminal, { to, body }, options))
  withHubAccess(command)
}

/**
 * Sends one message and says what became of it.
 * @throws PosthouseError
 */
async function send(
  terminal: Terminal,
  { to, body }: { readonly to: string; readonly body: string | undefined },
  options: SendWords,
): Promise<void> {
  const { kind } = parseAddress(to)
  if (options.receipts && kind !== 'client' && kind !== 'group') {
    throw new PosthouseError('invalid_option', `--receipts is for messages to clients and groups, and not to ${to}`)
  }
  using interrupt = onInterrupt()
  const { type, value } = await bodyOf(options, body)
  const receipts = new Receipts(terminal, options)
  await using client = await openClient(options, interrupt.signal, (opening) => receipts.watch(opening))
  const { id, state } = await client.send(to, value, {
    ...deliveryOf(options),
    ...sendOptionsOf(options, interrupt.signal),
  })
  if (options.json) terminal.print(JSON.stringify({ id, to, type, state }))
  else terminal.print(`${state} ${terminal.style('gray', `${type} to ${visible(to)}, id ${id}${due(options.at)}`)}`)
  if (options.receipts && state !== 'dropped')
    await receipts.of(id, { one: kind === 'client', signal: interrupt.signal })
  await client.drain()
}

/** A moment that is over already holds nothing back. */
function due(at: number | undefined): string {
  return at !== undefined && at > Date.now() ? `, due ${moment(at)}` : ''
}

function deliveryOf({ at, whenOffline, priority, receipts }: SendWords): SendOptions {
  return {
    ...(at !== undefined && { deliverAt: at }),
    ...(whenOffline && { whenOffline }),
    ...(priority !== undefined && { priority }),
    ...(receipts && { receipts }),
  }
}
