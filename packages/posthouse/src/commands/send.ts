import { type MessageType, parseAddress, type Qos } from '@posthouse/core'
import { readInput, typedBody } from '../body.ts'
import { type HubAccess, openClient } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { type Terminal, visible } from '../terminal.ts'

/** Options of `posthouse send`. */
export interface SendOptions extends HubAccess {
  readonly type: MessageType
  readonly qos: Qos
}

/**
 * Sends one message and says what became of it.
 * @throws PosthouseError
 */
export async function send(
  terminal: Terminal,
  to: string,
  body: string | undefined,
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
