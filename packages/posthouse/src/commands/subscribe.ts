import type { ChannelMessage, HubClient, SubscribeOptions } from '@posthouse/client'
import { isPosthouseError } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { channelName, gapText, parseAfter, positionBehind } from '../channel-words.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { aborted, onInterrupt } from '../interrupt.ts'
import { messageLine } from '../message-line.ts'
import { openClient } from '../open-client.ts'
import { checked, parseCount } from '../option-values.ts'
import { tellConnection } from '../tell-connection.ts'
import { type Terminal, visible } from '../terminal.ts'

interface SubscribeWords extends HubAccess {
  readonly after?: number | 'start'
  readonly last?: number
  readonly retained: boolean
  readonly count?: number
}

/** Adds `posthouse subscribe`. */
export function addSubscribe(program: Command, terminal: Terminal): void {
  const command = program
    .command('subscribe')
    .summary('print messages of channels as they arrive')
    .description(
      'Prints what is published to channels, until Ctrl-C: first the values that they retain, then what --after or --last asks for, then new messages.',
    )
    .argument('<patterns...>', "names of channels; in 'news.*' the * stands for one part, ** for any number of parts")
    .option('--last <number>', 'begin with this many of the newest that are kept, up to 1,000', checked(parseCount))
    .addOption(
      new Option('--after <position>', 'begin with all that is kept after this position; start for everything')
        .argParser(checked(parseAfter))
        .conflicts('last'),
    )
    .option('--no-retained', 'leave out the values that channels retain')
    .option('--count <number>', 'stop after so many messages', checked(parseCount))
    .action((patterns, options) => subscribe(terminal, patterns, options))
  withHubAccess(command)
}

/**
 * Prints messages of channels as they come, until Ctrl-C or until `count` have come.
 * @throws PosthouseError
 */
async function subscribe(terminal: Terminal, words: readonly string[], options: SubscribeWords): Promise<void> {
  using interrupt = onInterrupt()
  const done = new AbortController()
  const end = AbortSignal.any([interrupt.signal, done.signal])
  let left = options.count ?? Number.POSITIVE_INFINITY
  const show = (message: ChannelMessage): void => {
    if (left <= 0) return
    left--
    terminal.print(options.json ? JSON.stringify(message) : line(terminal, message))
    if (left === 0) done.abort()
  }
  await using client = await openClient(options, interrupt.signal, (opening) => {
    tellConnection(terminal, opening, done)
    opening.watch('gap', ({ reason, from, to }) => terminal.note(gapText(reason, from, to)))
  })
  const patterns = [...new Set(words.map(channelName))]
  for (const pattern of patterns) {
    await client.subscribe(pattern, show, await beginningOf(client, pattern, { ...options, signal: interrupt.signal }))
  }
  terminal.note(terminal.style('gray', `subscribed to ${visible(patterns.join(', '))}; Ctrl-C stops`, terminal.err))
  await aborted(end)
  const { reason } = done.signal
  if (isPosthouseError(reason)) throw reason
  await client.drain()
}

async function beginningOf(
  client: HubClient,
  channel: string,
  { after, last, retained, signal }: SubscribeWords & { readonly signal: AbortSignal },
): Promise<SubscribeOptions> {
  const behind = typeof after === 'number' ? await positionBehind(client, { channel, after, signal }) : after
  return { ...(behind && { after: behind }), ...(last !== undefined && { last }), retained, signal }
}

function line(terminal: Terminal, message: ChannelMessage): string {
  return `${terminal.style('green', visible(message.channel))} ${messageLine(terminal, message)}`
}
