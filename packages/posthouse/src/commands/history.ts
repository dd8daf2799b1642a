import type { HubClient } from '@posthouse/client'
import { PosthouseError } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { channelName, gapText, parseAfter, positionBehind } from '../channel-words.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { askHub, type HubAnswer } from '../hub-answer.ts'
import { onInterrupt } from '../interrupt.ts'
import { jsonText, messageLine } from '../message-line.ts'
import { moment } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { checked, parseCount } from '../option-values.ts'
import { type Terminal, visible } from '../terminal.ts'

interface HistoryOptions extends HubAccess {
  readonly last: number
  readonly after?: number | 'start'
}

/** Most messages that a hub tells at once. */
const mostOnPage = 1000

/** Adds `posthouse history`. */
export function addHistory(program: Command, terminal: Terminal): void {
  const command = program
    .command('history')
    .summary('show what was published to a channel')
    .description(
      'Shows what was published to a channel, as far as the hub keeps it, the oldest first. Any client that may subscribe to the channel may ask.',
    )
    .argument('<channel>', 'name of a channel')
    .addOption(
      new Option('--last <number>', 'how many of the newest, up to 1,000').argParser(checked(parseCount)).default(100),
    )
    .addOption(
      new Option('--after <position>', 'instead: all after this position; start for everything')
        .argParser(checked(parseAfter))
        .conflicts('last'),
    )
    .action((channel, options) => history(terminal, channel, options))
  withHubAccess(command)
}

/**
 * Shows the history of a channel.
 * @throws PosthouseError
 */
async function history(terminal: Terminal, word: string, options: HistoryOptions): Promise<void> {
  const channel = channelName(word)
  if (options.last > mostOnPage) throw new PosthouseError('invalid_option', `--last is at most ${mostOnPage}`)
  using interrupt = onInterrupt()
  await using client = await openClient(options, interrupt.signal)
  let seq = 0
  let found = false
  for await (const page of pages(client, channel, { ...options, signal: interrupt.signal })) {
    for (const gap of page.list('gaps')) {
      terminal.note(gapText(gap.text('reason'), gap.number('from'), gap.number('to')))
    }
    for (const entry of page.list('entries')) {
      found = true
      terminal.print(options.json ? jsonText(entry.value) : line(terminal, entry))
    }
    seq = page.answer('position').number('seq')
  }
  if (!found) terminal.note(nothing(channel, options.after))
  terminal.note(terminal.style('gray', `for what comes later: --after ${seq}`, terminal.err))
  await client.drain()
}

function nothing(channel: string, after: number | 'start' | undefined): string {
  const behind = typeof after === 'number' ? ` after position ${after}` : ''
  return `nothing is kept of ${visible(channel)}${behind}`
}

async function* pages(
  client: HubClient,
  channel: string,
  { last, after, signal }: HistoryOptions & { readonly signal: AbortSignal },
): AsyncIterable<HubAnswer> {
  const ask = (body: object): Promise<HubAnswer> => askHub(client, 'history', { channel, ...body }, signal)
  if (after === undefined) {
    yield await ask({ last, limit: last })
    return
  }
  let behind = after === 'start' ? undefined : await positionBehind(client, { channel, after, signal })
  for (let more = true; more; ) {
    const page = await ask({ ...(behind && { after: behind }), limit: mostOnPage })
    yield page
    const position = page.answer('position')
    behind = { epoch: position.text('epoch'), seq: position.number('seq') }
    more = page.value.more === true
  }
}

function line(terminal: Terminal, entry: HubAnswer): string {
  const time = terminal.style('gray', moment(entry.number('ts')))
  const type = entry.text('type')
  const message = {
    from: entry.text('from'),
    type,
    body: 'body' in entry.value ? entry.value.body : '(too long to be shown)',
  }
  return `${time} ${messageLine(terminal, message)}`
}
