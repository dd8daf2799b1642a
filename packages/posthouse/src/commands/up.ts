import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Durability, Logger } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { takesTokensForOthers } from '../authentication.ts'
import { banner } from '../banner.ts'
import { type CallsWords, openCalls, withCallsWords } from '../calls-words.ts'
import { consoleLogger, type LogLevel, logLevels } from '../console-logger.ts'
import { databasePath, durabilities, openDataFolder } from '../data-folder.ts'
import { defaultPort } from '../default-hub.ts'
import { type FileWords, openFiles, withFileWords } from '../file-words.ts'
import { type HubWords, hubOptionsOf, listenOptionsOf, withHubWords } from '../hub-words.ts'
import { aborted, onInterrupt } from '../interrupt.ts'
import { checked, parsePort } from '../option-values.ts'
import { statusFileName } from '../status-file-name.ts'
import type { Terminal } from '../terminal.ts'

/** Options of `posthouse up`. */
interface UpOptions extends HubWords, FileWords, CallsWords {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly durability: Durability
  readonly statusFile?: string
  readonly logLevel: LogLevel
}

/** Adds `posthouse up`. */
export function addUp(program: Command, terminal: Terminal): void {
  const command = program
    .command('up')
    .summary('run a hub')
    .description(
      'Runs a hub until Ctrl-C, then drains it: what is under way is finished, and clients are told to come back.',
    )
    .option('--host <address>', 'address to listen on; for other computers --token-file or --insecure', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 chooses a free one', checked(parsePort), defaultPort)
    .option('--data <folder>', 'folder for what the hub keeps; one hub at a time', '.posthouse')
    .addOption(
      new Option(
        '--durability <what>',
        'what stored messages survive: disk: loss of power; process: the sudden end of the hub; memory: neither',
      )
        .choices(durabilities)
        .default('disk'),
    )
    .option('--status-file <file>', 'YAML file with the state of clients (default: cross_comm_clients.yaml in --data)')
    .addOption(new Option('--log-level <level>', 'how much to log').choices(logLevels).default('info'))
    .addHelpText('after', '\nTimes are written 30 (seconds), 500ms, 2m or 1h.')
    .action((options) => up(terminal, options))
  withHubWords(command)
  withFileWords(command)
  withCallsWords(command)
}

/**
 * Runs a hub until Ctrl-C or SIGTERM, then drains it.
 * @throws PosthouseError `port_in_use`, `insecure_bind`, `status_file`, `token_file`, `tls_file`, `invalid_option`,
 * `data_in_use`, `data_too_new`, `data_damaged`, `data_unwritable`
 */
async function up(terminal: Terminal, options: UpOptions): Promise<void> {
  using interrupt = onInterrupt()
  const { Hub, isLoopback } = await import('@posthouse/hub')
  const { createNode } = await import('../node/posthouse-node.ts')
  const { filesDoor } = await import('../node/files-door.ts')
  const logger = consoleLogger(terminal, options.logLevel)
  const listenOptions = listenOptionsOf(options)
  const hubOptions = await hubOptionsOf(options)
  if (takesTokensForOthers(options)) {
    logger.warn(
      'tokens that name no audience are taken, whatever they were made for: name this hub with --jwt-audience',
    )
  }
  const { durability, data: folder } = options
  await using data = await openDataFolder({ folder, durability, logger })
  await using kept = await openFiles(options, folder, logger)
  const { files } = kept
  const statusFile = await prepareStatusFile(options, logger)
  const hub = new Hub({ ...hubOptions, ...(data.store && { store: data.store }), files, logger, statusFile })
  const calls = await openCalls({ words: options, hub, folder, durability, logger })
  const node = createNode({ hub, logger, doors: [filesDoor(files), ...calls] })
  try {
    const where = await node.listen(listenOptions)
    banner(terminal, {
      ...where,
      local: isLoopback(where.host),
      durability,
      database: databasePath(folder),
      guarded: hubOptions.authenticate !== undefined,
      legacy: options.legacy && (hubOptions.authenticate === undefined || options.legacyAllow !== undefined),
    })
    await aborted(AbortSignal.any([interrupt.signal, node.leaving]))
    terminal.note('draining; Ctrl-C again stops at once')
  } finally {
    await node.drain()
  }
}

/** What a cross_comm server has left in the working folder is taken over, once. */
async function prepareStatusFile(options: UpOptions, logger: Logger): Promise<string> {
  if (options.statusFile !== undefined) return resolve(options.statusFile)
  const path = resolve(join(options.data, statusFileName))
  try {
    await copyFile(statusFileName, path, constants.COPYFILE_EXCL)
    logger.info('took over the clients of an earlier cross_comm server', { file: resolve(statusFileName) })
  } catch {
    // There is none, or the hub has its own already.
  }
  return path
}
