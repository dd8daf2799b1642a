import { type MessageType, parseAddress, type Qos } from '@posthouse/core'
import { Argument, type Command, Option } from 'commander'
import { parseType, readInput, typedBody } from '../body.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { openClient } from '../open-client.ts'
import { checked } from '../option-values.ts'
import { type Terminal, visible } from '../terminal.ts'

/** Options of `posthouse send`. */
interface SendOptions extends HubAccess {
  readonly type: MessageType
  readonly qos: Qos
}

/** Adds `posthouse send`. */
export function addSend(program: Command, terminal: Terminal): void {
  const command = program
    .command('send')
    .summary('send one message')
    .description('Sends one message and waits until the hub has it. Without a body it is read from standard input.')
    .argument('<to>', 'a client id, client:<id>, all or hub')
    .addArgument(new Argument('[body]', 'text; JSON for types other than text, json and bytes'))
    .option(
      '--type <type>',
      'text, json, dict, bytes, image, file, folder, audio, video or x-<name>',
      checked(parseType),
      'text',
    )
    .addOption(
      new Option('--qos <level>', '1: stored before it is confirmed; 0: live only').choices(['0', '1']).default('1'),
    )
    .action((to, body, options) => {
      const qos: Qos = options.qos === '0' ? 0 : 1
      return send(terminal, { to, body }, { ...options, qos })
    })
  withHubAccess(command)
}

/**
 * Sends one message and says what became of it.
 * @throws PosthouseError
 */
async function send(
  terminal: Terminal,
  { to, body }: { readonly to: string; readonly body: string | undefined },
  options: SendOptions,
): Promise<void> {
  parseAddress(to)
  using interrupt = onInterrupt()
  const { type, value } = typedBody(options.type, body ?? (await readInput()))
  await using client = await openClient(options, interrupt.signal)
  const { id, state } = await client.send(to, value, { type, qos: options.qos, signal: interrupt.signal })
  if (options.json) terminal.print(JSON.stringify({ id, to, type, state }))
  else terminal.print(`${state} ${terminal.style('gray', `${type} to ${visible(to)}, id ${id}`)}`)
  await client.drain()
}
