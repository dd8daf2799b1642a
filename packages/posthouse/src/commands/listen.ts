import type { FileMessage, TransferProgress } from '@posthouse/client'
import { isPosthouseError, type Message, type MessageType, PosthouseError } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { parseType } from '../body.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { aborted, onInterrupt } from '../interrupt.ts'
import { messageLine } from '../message-line.ts'
import { openClient } from '../open-client.ts'
import { checked, collected, parseCount } from '../option-values.ts'
import { tellConnection } from '../tell-connection.ts'
import { type Terminal, visible } from '../terminal.ts'
import { TransferLine } from '../transfer-line.ts'

/** Options of `posthouse listen`. */
interface ListenOptions extends HubAccess {
  readonly type?: readonly MessageType[]
  readonly from?: readonly string[]
  readonly count?: number
  readonly downloadTo?: string
  readonly saveAs?: 'key' | 'name'
}

/** Adds `posthouse listen`. */
export function addListen(program: Command, terminal: Terminal): void {
  const command = program
    .command('listen')
    .summary('print messages as they arrive')
    .description(
      'Prints the messages for --id, and those to all, until Ctrl-C. Messages that --type and --from leave out are received all the same: they do not come again.',
    )
    .option('--type <types...>', 'only messages of these types', collected(parseType))
    .option('--from <ids...>', 'only messages of these senders')
    .option('--count <number>', 'stop after so many messages', checked(parseCount))
    .option('--download-to <directory>', 'fetch the files and folders that messages announce, and print where they are')
    .addOption(
      new Option(
        '--save-as <what>',
        'with --download-to: by their keys, or by the names that their senders gave',
      ).choices(['key', 'name']),
    )
    .action((options) => listen(terminal, options))
  withHubAccess(command)
}

/**
 * Prints messages as they come, until Ctrl-C or until `count` have come.
 * @throws PosthouseError
 */
async function listen(terminal: Terminal, options: ListenOptions): Promise<void> {
  if (options.saveAs !== undefined && options.downloadTo === undefined) {
    throw new PosthouseError('invalid_option', '--save-as goes with --download-to')
  }
  using interrupt = onInterrupt()
  const done = new AbortController()
  let left = options.count ?? Number.POSITIVE_INFINITY
  await using client = await openClient(options, interrupt.signal, (opening) => {
    const print = (message: FileMessage): void => {
      if (left <= 0) return
      left--
      terminal.print(options.json ? JSON.stringify(shownOf(message)) : messageLine(terminal, withPlace(message)))
      if (left === 0) done.abort()
    }
    const { downloadTo, saveAs } = options
    if (downloadTo === undefined) opening.on(filterOf(options), print)
    else
      opening.on(
        filterOf(options),
        { downloadTo, ...(saveAs && { saveAs }), onProgress: progressIn(terminal, options) },
        print,
      )
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

/** Shows how far the downloads are, one after another. */
function progressIn(
  terminal: Terminal,
  { json }: ListenOptions,
): (progress: TransferProgress, message: Message) => void {
  let shown: { readonly id: string; readonly line: TransferLine } | undefined
  return (progress, message) => {
    if (shown?.id !== message.id) {
      shown?.line[Symbol.dispose]()
      shown = { id: message.id, line: new TransferLine(terminal, nameOf(message), { json: json === true }) }
    }
    if (progress.bytes === progress.total) shown.line[Symbol.dispose]()
    else shown.line.show(progress)
  }
}

/** What is fetched has a name; where its sender told none, the id of its message stands for it. */
function nameOf({ id, body }: Message): string {
  return typeof body === 'object' && body !== null && 'name' in body ? String(body.name) : id
}

/** A message with where its file is now, or why it is not, in place of its body. */
function withPlace(message: FileMessage): Pick<Message, 'from' | 'type' | 'body'> {
  const { from, type, body, localPath, fileName, downloadError } = message
  if (downloadError) return { from, type, body: `${fileName ?? ''} could not be fetched: ${downloadError.message}` }
  return { from, type, body: localPath ?? body }
}

function shownOf(message: FileMessage): object {
  const { downloadError } = message
  if (!downloadError) return message
  return { ...message.toJSON(), downloadError: { code: downloadError.code, message: downloadError.message } }
}
