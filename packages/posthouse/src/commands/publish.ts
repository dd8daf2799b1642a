import { parseAddress } from '@posthouse/core'
import type { Command } from 'commander'
import { channelName } from '../channel-words.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { openClient } from '../open-client.ts'
import { bodyOf, type OutgoingWords, sendOptionsOf, withOutgoingWords } from '../outgoing-words.ts'
import { type Terminal, visible } from '../terminal.ts'

interface PublishWords extends HubAccess, OutgoingWords {
  readonly retain?: boolean
}

/** Adds `posthouse publish`. */
export function addPublish(program: Command, terminal: Terminal): void {
  const command = program
    .command('publish')
    .summary('publish one message to a channel')
    .description('Publishes one message to a channel and waits until the hub has it. Nobody need be subscribed.')
    .argument('<channel>', 'a dotted name, such as news.sport')
  withOutgoingWords(command).option(
    '--retain',
    'keep it as the value of the channel, which later subscribers get first; an empty body clears the value',
  )
  command.action((channel, body, options) => publish(terminal, { channel, body }, options))
  withHubAccess(command)
}

/**
 * Publishes one message.
 * @throws PosthouseError
 */
async function publish(
  terminal: Terminal,
  { channel: word, body }: { readonly channel: string; readonly body: string | undefined },
  options: PublishWords,
): Promise<void> {
  const channel = channelName(word)
  parseAddress(`channel:${channel}`)
  using interrupt = onInterrupt()
  const { type, value } = await bodyOf(options, body)
  await using client = await openClient(options, interrupt.signal)
  const how = { ...sendOptionsOf(options, interrupt.signal), ...(options.retain && { retain: true }) }
  const { id, state } = await client.publish(channel, value, how)
  if (options.json) terminal.print(JSON.stringify({ id, channel, type, state }))
  else terminal.print(`${state} ${terminal.style('gray', `${type} in ${visible(channel)}, id ${id}`)}`)
  await client.drain()
}
