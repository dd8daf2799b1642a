import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { type Durability, type Logger, PosthouseError } from '@posthouse/core'
import type { Hub } from '@posthouse/hub'
import type { ProcedureTree } from '@posthouse/rpc'
import type { Command } from 'commander'
import { loadModule } from './app/load-app.ts'
import type { Door } from './node/door.ts'
import { collected } from './option-values.ts'

/** The words about calls. */
export interface CallsWords {
  readonly host: string
  readonly procedures?: string
  readonly callbackAllow?: readonly string[]
  readonly allowOrigin?: readonly string[]
}

/** Adds the words about calls. */
export function withCallsWords(command: Command): void {
  command
    .optionsGroup('Calls:')
    .option('--procedures <file>', 'serve the procedures that a module exports, over Socket.IO, HTTP and the hub')
    .option(
      '--callback-allow <network>',
      'also allow posting answers into this private network, such as 10.1.0.0/16; may be repeated',
      collected(parseNetwork),
    )
}

/** What calls are served with. */
export interface OpenCallsOptions {
  readonly words: CallsWords
  /** Those of the configuration file. */
  readonly procedures: ProcedureTree | undefined
  readonly hub: Hub
  readonly folder: string
  readonly durability: Durability
  readonly logger: Logger
}

/** Where the keys lie that callbacks are signed with. */
export function callbackKeysPath(folder: string): string {
  return resolve(join(folder, 'callback-keys.json'))
}

/**
 * The door for calls; none where no procedures are named.
 * @throws PosthouseError `invalid_option`, `data_in_use`, `data_too_new`, `data_damaged`, `data_unwritable`
 */
export async function openCalls(options: OpenCallsOptions): Promise<readonly Door[]> {
  const { words, hub, folder, durability, logger } = options
  const procedures = words.procedures === undefined ? options.procedures : await loadProcedures(words.procedures)
  if (procedures === undefined) {
    if (words.callbackAllow === undefined) return []
    throw new PosthouseError('invalid_option', '--callback-allow is for the answers of procedures: name --procedures')
  }
  // Only who serves procedures waits for these to be loaded.
  const { signingKeyFile } = await import('@posthouse/rpc')
  const { callbackGuard, callsDoor } = await import('./node/calls-door.ts')
  const { openCallStore } = await import('@posthouse/store/calls')
  const path = resolve(join(folder, 'calls.db'))
  const store = durability === 'memory' ? undefined : openCallStore({ path, durability })
  const { keys } = signingKeyFile({ path: callbackKeysPath(folder) })
  const guard = callbackGuard(hub, words.host, words.callbackAllow ?? [])
  const { allowOrigin: allowedOrigins } = words
  return [callsDoor({ hub, procedures, store, callbacks: { keys, guard }, logger, allowedOrigins })]
}

/** @throws PosthouseError `invalid_option` where there are none, or the file throws */
async function loadProcedures(file: string): Promise<ProcedureTree> {
  if (!existsSync(file)) throw new PosthouseError('invalid_option', `there is no file ${file}`)
  const module = await loadModule(file)
  const { procedures = module.default } = module
  if (typeof procedures === 'object' && procedures !== null) return procedures as ProcedureTree
  const found = Object.keys(module).join(', ') || 'nothing'
  throw new PosthouseError(
    'invalid_option',
    `${file} exports no procedures (export const procedures = { … }); it exports ${found}`,
  )
}

function parseNetwork(word: string): string {
  const [address = '', bits] = word.split('/')
  if (isIP(address) > 0 && (bits === undefined || /^\d{1,3}$/.test(bits))) return word
  throw new PosthouseError('invalid_option', `${JSON.stringify(word)} is no network: write 10.1.0.0/16`)
}
