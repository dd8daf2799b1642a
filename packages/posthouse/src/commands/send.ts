import type { HubClient, SendFileOptions, SendOptions, SendResult } from '@posthouse/client'
import { PosthouseError, parseAddress } from '@posthouse/core'
import { type Command, Option } from 'commander'
import type { TypedBody } from '../body.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { moment, parseLater } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { checked, durationOption, parsePriority } from '../option-values.ts'
import { bodyOf, type OutgoingWords, sendOptionsOf, withOutgoingWords } from '../outgoing-words.ts'
import { Receipts } from '../receipts.ts'
import { type ContentWords, contentOf, sendContent, withContentWords } from '../send-content.ts'
import { type Terminal, visible } from '../terminal.ts'

interface SendWords extends HubAccess, OutgoingWords, ContentWords {
  readonly at?: number
  readonly whenOffline?: SendOptions['whenOffline']
  readonly priority?: number
  readonly receipts?: boolean
  readonly timeout: number
  /** Whether the type was named, which a file or a folder has by itself. */
  readonly isTyped: boolean
}

/** Adds `posthouse send`. */
export function addSend(program: Command, terminal: Terminal): void {
  const command = program
    .command('send')
    .summary('send one message, a file or a folder')
    .description(
      'Sends one message and waits until the hub has it. Without a body argument, the body is read from standard input. A file or folder is uploaded first, and its recipient is told once all of it has arrived.',
    )
    .argument('<to>', 'a client id, client:<id>, group:<name>, channel:<name>, queue:<name>, all or hub')
  withContentWords(withOutgoingWords(command))
    .option(
      '--at <when>',
      'when to deliver it: a date, or a time from now such as 10m; at most a year',
      checked(parseLater),
    )
    .addOption(
      new Option('--when-offline <what>', 'if the client is offline: store it, refuse it, or drop it').choices([
        'store',
        'error',
        'drop',
      ]),
    )
    .option('--priority <number>', 'in a queue: 0 to 9, the highest first (default: 4)', checked(parsePriority))
    .option('--receipts', 'wait until its recipient has it, and say so; for groups, until --timeout is over')
    .addOption(durationOption('--timeout <time>', 'with --receipts: how long to wait', 30_000))
    .action((to, body, options) => {
      if (options.receipts !== true && command.getOptionValueSource('timeout') === 'cli') {
        throw new PosthouseError('invalid_option', '--timeout goes with --receipts')
      }
      return send(terminal, { to, body }, { ...options, isTyped: command.getOptionValueSource('type') === 'cli' })
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
  options: SendWords,
): Promise<void> {
  const { kind } = parseAddress(to)
  if (options.receipts && kind !== 'client' && kind !== 'group') {
    throw new PosthouseError('invalid_option', `--receipts is for messages to clients and groups, not to ${to}`)
  }
  using interrupt = onInterrupt()
  const content = contentOf(options, body)
  if (content && options.qos === '0')
    throw new PosthouseError('invalid_option', 'files and folders are sent with qos 1')
  if (content && options.isTyped)
    throw new PosthouseError('invalid_option', `--${content.kind} says the type: leave --type out`)
  const ready = content ?? (await bodyOf(options, body))
  const receipts = new Receipts(terminal, options)
  await using client = await openClient(options, interrupt.signal, (opening) => receipts.watch(opening))
  const sendOptions = { ...deliveryOf(options), ...sendOptionsOf(options, interrupt.signal) }
  const { id, state } =
    'kind' in ready
      ? await sendContent(
          terminal,
          { client, to, content: ready, json: options.json === true },
          fileOptionsOf(sendOptions),
        )
      : await sendBody(terminal, { client, to, body: ready }, { options, sendOptions })
  if (options.receipts && state !== 'dropped')
    await receipts.of(id, { one: kind === 'client', signal: interrupt.signal })
  await client.drain()
}

async function sendBody(
  terminal: Terminal,
  { client, to, body }: { readonly client: HubClient; readonly to: string; readonly body: TypedBody },
  { options, sendOptions }: { readonly options: SendWords; readonly sendOptions: SendOptions },
): Promise<SendResult> {
  const { type, value } = body
  const sent = await client.send(to, value, sendOptions)
  const { id, state } = sent
  if (options.json) terminal.print(JSON.stringify({ id, to, type, state }))
  else terminal.print(`${state} ${terminal.style('gray', `${type} to ${visible(to)}, id ${id}${due(options.at)}`)}`)
  return sent
}

/** The content says of which type the message is. */
function fileOptionsOf({ type, qos, ...options }: SendOptions): SendFileOptions {
  return options
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
