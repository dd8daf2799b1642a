import { PosthouseError } from '@posthouse/core'
import type { Permission } from '@posthouse/hub'
import type { Command } from 'commander'
import { parseLater } from '../moment.ts'
import { checked, collected } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'
import { appendEntry, checkEntry, entryText, type TokenEntry } from '../token-entry.ts'

interface TokenOptions {
  readonly name: string
  readonly clients?: readonly string[]
  readonly permissions?: readonly Permission[]
  readonly expires?: string
  readonly file?: string
  readonly json?: boolean
}

/** Adds `posthouse token`. */
export function addToken(program: Command, terminal: Terminal): void {
  program
    .command('token')
    .summary('create a token for a client')
    .description(
      'Creates a token and prints it, this once. Its entry, with a hash of it, belongs in the file that posthouse up --token-file names; a running hub notices the change.',
    )
    .requiredOption('--name <name>', 'whom the token is for, as logs show it')
    .option('--clients <ids...>', 'client ids that it allows, with * for any characters (default: the name)')
    .option(
      '--permissions <what=where...>',
      'operations and addresses, such as send,request=bob,cam_*, and for request, methods, such as request=hub=user.* (default: all but administer, everywhere)',
      collected(parsePermission),
    )
    .option('--expires <when>', 'a date such as 2027-12-31, or a time from now such as 90d', checked(parseExpiry))
    .option('--file <file>', 'add the entry to this token file instead of printing it')
    .option('--json', 'print JSON')
    .action((options) => token(terminal, options))
}

/**
 * Makes a token.
 * @throws PosthouseError `invalid_option`, `token_file`
 */
async function token(terminal: Terminal, options: TokenOptions): Promise<void> {
  const { name, clients, permissions, expires, file, json } = options
  const { createToken } = await import('@posthouse/hub')
  const created = createToken()
  const entry: TokenEntry = {
    name,
    hash: created.hash,
    ...(clients && { clients }),
    ...(permissions && { permissions }),
    ...(expires !== undefined && { expires }),
  }
  await checkEntry(entry)
  if (file !== undefined) await appendEntry(file, entry)
  if (json) terminal.print(JSON.stringify({ token: created.token, entry }))
  else {
    terminal.print(created.token)
    if (file === undefined) terminal.print(`\n${entryText(entry)}`)
    const where = file === undefined ? 'Its entry, for the token file, is below it.' : `Its entry was added to ${file}.`
    terminal.note(terminal.style('gray', `The token is not kept anywhere: save it now. ${where}`, terminal.err))
  }
}

/** `operation,operation=address,address`, or that and `=method,method`. What the words mean, a hub's reader checks. */
function parsePermission(word: string): Permission {
  const [, operations, addresses, methods] = /^([^=]+)=([^=]+)(?:=(.+))?$/.exec(word) ?? []
  if (operations === undefined || addresses === undefined) {
    throw new PosthouseError('invalid_option', `${JSON.stringify(word)} is no permission: write send,request=bob,cam_*`)
  }
  // Not trusted: `checkEntry` has each of them judged.
  return {
    operations: operations.split(',') as Permission['operations'],
    addresses: addresses.split(','),
    ...(methods !== undefined && { methods: methods.split(',') }),
  }
}

function parseExpiry(word: string): string {
  if (/^\d{4}-/.test(word)) return word
  return new Date(parseLater(word)).toISOString()
}
