import { isPosthouseError, type MessageType } from '@posthouse/core'
import type { Command } from 'commander'
import { parseType } from '../body.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { aborted, onInterrupt } from '../interrupt.ts'
import { messageLine } from '../message-line.ts'
import { openClient } from '../open-client.ts'
import { checked, collected, parseCount } from '../option-values.ts'
import { tellConnection } from '../tell-connection.ts'
import { type Terminal, visible } from '../terminal.ts'

/** Options of `posthouse listen`. */
interface ListenOptions extends HubAccess {
  readonly type?: readonly MessageType[]
  readonly from?: readonly string[]
  readonly count?: number
}

/** Adds `posthouse listen`. */
export function addListen(program: Command, terminal: Terminal): void {
  const command = program
    .command('listen')
    .summary('print messages as they come')
    .description(
      'Prints the messages for --id, and those to all, until Ctrl-C. What --type and --from leave out is received all the same: it does not come again.',
    )
    .option('--type <types...>', 'only messages of these types', collected(parseType))
    .option('--from <ids...>', 'only messages of these senders')
    .option('--count <number>', 'stop after so many messages', checked(parseCount))
    .action((options) => listen(terminal, options))
  withHubAccess(command)
}

/**
 * Prints messages as they come, until Ctrl-C or until `count` have come.
 * @throws PosthouseError
 */
async function listen(terminal: Terminal, options: ListenOptions): Promise<void> {
  using interrupt = onInterrupt()
  const done = new AbortController()
  let left = options.count ?? Number.POSITIVE_INFINITY
  await using client = await openClient(options, interrupt.signal, (opening) => {
    opening.on(filterOf(options), (message) => {
      if (left <= 0) return
      left--
      terminal.print(options.json ? JSON.stringify(message) : messageLine(terminal, message))
      if (left === 0) done.abort()
    })
    tellConnection(terminal, opening, done)
  })
  terminal.note(terminal.style('gray', `listening as ${visible(client.clientId)}; Ctrl-C stops`, terminal.err))
  await aborted(AbortSignal.any([interrupt.signal, done.signal]))
  const { reason } = done.signal
  if (isPosthouseError(reason)) throw reason
  await client.drain()
}

function filterOf({ type, from }: ListenOptions): { type?: readonly MessageType[]; from?: readonly string[] } {
  return { ...(type && { type }), ...(from && { from }) }
}
