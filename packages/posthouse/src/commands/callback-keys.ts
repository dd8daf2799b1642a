import { existsSync } from 'node:fs'
import { PosthouseError } from '@posthouse/core'
import type { Command } from 'commander'
import { callbackKeysPath } from '../calls-words.ts'
import type { Terminal } from '../terminal.ts'

interface CallbackKeysOptions {
  readonly data: string
  readonly rotate?: boolean
}

/** Adds `posthouse callback-keys`. */
export function addCallbackKeys(program: Command, terminal: Terminal): void {
  program
    .command('callback-keys')
    .summary('show the keys that callbacks are signed with')
    .description(
      'Shows the keys that a node signs callbacks with, the newest first, for those who receive them. With --rotate a new key signs ' +
        'from now on, also in a node that is running; the old ones do so for another week.',
    )
    .option('--data <folder>', 'folder of the node', '.posthouse')
    .option('--rotate', 'add a new key')
    .action((options) => callbackKeys(terminal, options))
}

/** @throws PosthouseError `invalid_option`, `data_damaged`, `data_unwritable` */
async function callbackKeys(terminal: Terminal, { data, rotate }: CallbackKeysOptions): Promise<void> {
  const path = callbackKeysPath(data)
  if (!existsSync(path)) {
    throw new PosthouseError('invalid_option', `there is no ${path}: posthouse up --procedures makes it`)
  }
  const { signingKeyFile } = await import('@posthouse/rpc')
  const file = signingKeyFile({ path })
  if (rotate) file.rotate()
  for (const key of file.keys()) terminal.print(key)
}
