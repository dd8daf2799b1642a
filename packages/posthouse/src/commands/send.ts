import { parseAddress } from '@posthouse/core'
import type { Command } from 'commander'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { openClient } from '../open-client.ts'
import { bodyOf, type OutgoingWords, sendOptionsOf, withOutgoingWords } from '../outgoing-words.ts'
import { type Terminal, visible } from '../terminal.ts'

/** Adds `posthouse send`. */
export function addSend(program: Command, terminal: Terminal): void {
  const command = program
    .command('send')
    .summary('send one message')
    .description('Sends one message and waits until the hub has it. Without a body it is read from standard input.')
    .argument('<to>', 'a client id, client:<id>, group:<name>, channel:<name>, queue:<name>, all or hub')
  withOutgoingWords(command).action((to, body, options) => send(terminal, { to, body }, options))
  withHubAccess(command)
}

/**
 * Sends one message and says what became of it.
 * @throws PosthouseError
 */
async function send(
  terminal: Terminal,
  { to, body }: { readonly to: string; readonly body: string | undefined },
  options: HubAccess & OutgoingWords,
): Promise<void> {
  parseAddress(to)
  using interrupt = onInterrupt()
  const { type, value } = await bodyOf(options, body)
  await using client = await openClient(options, interrupt.signal)
  const { id, state } = await client.send(to, value, sendOptionsOf(options, interrupt.signal))
  if (options.json) terminal.print(JSON.stringify({ id, to, type, state }))
  else terminal.print(`${state} ${terminal.style('gray', `${type} to ${visible(to)}, id ${id}`)}`)
  await client.drain()
}
