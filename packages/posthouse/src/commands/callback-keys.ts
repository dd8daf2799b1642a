import { existsSync } from 'node:fs'
import { PosthouseError } from '@posthouse/core'
import type { Command } from 'commander'
import { callbackKeysPath } from '../calls-words.ts'
import { folderOf, type NodeHere, withNodeHere } from '../settings/node-here.ts'
import type { Terminal } from '../terminal.ts'

interface CallbackKeysOptions extends NodeHere {
  readonly rotate?: boolean
}

/** Adds `posthouse callback-keys`. */
export function addCallbackKeys(program: Command, terminal: Terminal): void {
  const command = program
    .command('callback-keys')
    .summary('show the keys that sign callbacks')
    .description(
      'Shows the keys with which a node signs callbacks, the newest first, for their receivers. With --rotate a new key signs ' +
        'from now on, also in a running node; the old ones keep signing for another week.',
    )
    .option('--rotate', 'add a new key')
  withNodeHere(command).action((options) => callbackKeys(terminal, options))
}

/** @throws PosthouseError `invalid_option`, `data_damaged`, `data_unwritable` */
async function callbackKeys(terminal: Terminal, { rotate, ...here }: CallbackKeysOptions): Promise<void> {
  const path = callbackKeysPath(await folderOf(here))
  if (!existsSync(path)) {
    throw new PosthouseError('invalid_option', `there is no ${path}: posthouse up --procedures makes it`)
  }
  const { signingKeyFile } = await import('@posthouse/rpc')
  const file = signingKeyFile({ path })
  if (rotate) file.rotate()
  for (const key of file.keys()) terminal.print(key)
}
