import { basename } from 'node:path'
import { PosthouseError } from '@posthouse/core'
import { Argument, type Command } from 'commander'
import { fetchFile } from '../fetch-file.ts'
import { type HubAccess, hubUrl, withHubAccess } from '../hub-access.ts'
import { askHub, type HubAnswer } from '../hub-answer.ts'
import { onInterrupt } from '../interrupt.ts'
import { moment } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { checked, parseCount } from '../option-values.ts'
import { printTable } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { bytes } from '../watch/quantity.ts'

interface FilesWords extends HubAccess {
  readonly action: string
  readonly keys: readonly string[]
  readonly prefix?: string
  readonly after?: string
  readonly limit?: number
  readonly uploads?: boolean
  readonly to?: string
}

/** What an action works with. */
interface Work {
  readonly terminal: Terminal
  readonly words: FilesWords
  readonly ask: (method: string, body: unknown) => Promise<HubAnswer>
  readonly signal: AbortSignal
}

const actions = { list, get, rm, gc } as const
const usualListed = 100

/** Adds `posthouse files`. */
export function addFiles(program: Command, terminal: Terminal): void {
  const command = program
    .command('files')
    .summary('show the files that a hub keeps, fetch and remove them')
    .description(
      'Shows the files of a hub by key. get fetches one, rm removes files for good, gc removes expired files now. If the hub requires authentication, this needs the right to administer it.',
    )
    .addArgument(new Argument('[action]', 'what to do').choices(Object.keys(actions)).default('list'))
    .argument('[keys...]', 'keys of files: one for get, one or more for rm')
    .option('--prefix <text>', 'with list: only keys that begin with this')
    .option('--after <key>', 'with list: only keys after this one')
    .option(
      '--limit <number>',
      `with list: how many at most, up to 1000 (default: ${usualListed})`,
      checked(parseCount),
    )
    .option('--uploads', 'with list: unfinished uploads instead')
    .option('--to <file>', 'with get: the file to write (default: the last part of its key, in this folder)')
    .action((action, keys, options) => files(terminal, { ...options, action, keys }))
  withHubAccess(command)
}

/**
 * Does what `action` says.
 * @throws PosthouseError
 */
async function files(terminal: Terminal, words: FilesWords): Promise<void> {
  const mistake = mistakeOf(words)
  if (mistake !== undefined) throw new PosthouseError('invalid_option', mistake)
  using interrupt = onInterrupt()
  const { signal } = interrupt
  await using client = await openClient(words, signal)
  const ask: Work['ask'] = (method, body) => askHub(client, method, body, signal)
  await actions[words.action as keyof typeof actions]({ terminal, words, ask, signal })
  await client.drain()
}

function mistakeOf({ action, keys, prefix, after, limit, uploads, to }: FilesWords): string | undefined {
  const listed = prefix !== undefined || after !== undefined || limit !== undefined || uploads === true
  if (listed && action !== 'list') return '--prefix, --after, --limit and --uploads go with list'
  if (to !== undefined && action !== 'get') return '--to goes with get'
  if (action === 'get' && keys.length !== 1) return 'name one file: posthouse files get <key>'
  if (action === 'rm' && keys.length === 0) return 'name what is to be removed: posthouse files rm <key>'
  return (action === 'list' || action === 'gc') && keys.length > 0 ? `${action} takes no keys` : undefined
}

async function list({ terminal, words, ask }: Work): Promise<void> {
  const { prefix, after, uploads, limit = usualListed } = words
  const answer = await ask('hub.files', {
    limit,
    ...(prefix && { prefix }),
    ...(after && { after }),
    ...(uploads && { uploads }),
  })
  const found = answer.list('files')
  if (words.json) terminal.print(JSON.stringify(answer.value))
  else if (found.length === 0) terminal.note(uploads ? 'no upload is under way' : 'there is no file')
  else printFiles(terminal, found, answer.maybe('next', answer.text))
}

function printFiles(terminal: Terminal, found: readonly HubAnswer[], next: string | undefined): void {
  const size = (each: HubAnswer): string => {
    const whole = each.maybe('size', each.number)
    const offset = each.maybe('offset', each.number)
    const shown = whole === undefined ? '?' : bytes(whole)
    return offset === undefined ? shown : `${bytes(offset)} of ${shown}`
  }
  printTable<HubAnswer>(
    terminal,
    [
      { title: 'SIZE', numeric: true, cell: size },
      { title: 'TIME', cell: (each) => moment(each.number('at')) },
      { title: 'KEY', cell: (each) => each.text('key') },
    ],
    found,
  )
  if (next !== undefined) terminal.note(`more with --after ${next}`)
}

async function get({ terminal, words, ask, signal }: Work): Promise<void> {
  const [key = ''] = words.keys
  const answer = await ask('hub.files.url', { key })
  const path = words.to ?? basename(key)
  const size = answer.number('size')
  const url = new URL(answer.text('url'), hubUrl(words).replace(/^ws/, 'http')).href
  await fetchFile({ url, size, sha256: answer.maybe('sha256', answer.text), path, signal })
  if (words.json) terminal.print(JSON.stringify({ key, path, size }))
  else terminal.note(`${path}: ${bytes(size)}`)
}

async function rm({ terminal, words, ask }: Work): Promise<void> {
  const keys = [...new Set(words.keys)]
  const answer = await ask('hub.files.remove', { keys })
  const { removed } = answer.value
  const count = Array.isArray(removed) ? removed.length : 0
  if (words.json) terminal.print(JSON.stringify(answer.value))
  else terminal.note(`${count} of ${keys.length} removed`)
  if (count < keys.length) throw new PosthouseError('unknown_file', `${keys.length - count} of the keys have no file`)
}

async function gc({ terminal, words, ask }: Work): Promise<void> {
  const answer = await ask('hub.files.gc', {})
  if (words.json) terminal.print(JSON.stringify(answer.value))
  else terminal.note(`${answer.number('files')} files and ${answer.number('uploads')} uploads removed`)
}
