import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Logger, reasonOf } from '@posthouse/core'
import { takesTokensForOthers } from './authentication.ts'
import { banner } from './banner.ts'
import { openCalls } from './calls-words.ts'
import { consoleLogger } from './console-logger.ts'
import { databasePath, openDataFolder } from './data-folder.ts'
import { openFiles } from './file-words.ts'
import { hubOptionsOf, listenOptionsOf } from './hub-words.ts'
import { aborted, onHangUp, onInterrupt } from './interrupt.ts'
import { systemCode } from './network-reason.ts'
import type { ConfigFile } from './settings/config-file.ts'
import { statusFileName } from './status-file-name.ts'
import type { Terminal } from './terminal.ts'
import type { UpWords } from './up-words.ts'

/**
 * Runs a node until Ctrl-C or SIGTERM, or until an administrator has it drain, then drains it.
 * @throws PosthouseError `port_in_use`, `insecure_bind`, `status_file`, `token_file`, `tls_file`, `invalid_option`,
 * `data_in_use`, `data_too_new`, `data_damaged`, `data_unwritable`
 */
export async function runNode(terminal: Terminal, words: UpWords, file: ConfigFile): Promise<void> {
  using interrupt = onInterrupt()
  const { app, onHub, procedures } = file
  // What only a node needs takes longer to load than a message to send.
  const { Hub, isLoopback } = await import('@posthouse/hub')
  const logger = consoleLogger(terminal, words.logLevel)
  const listenOptions = listenOptionsOf(words)
  const hubOptions = await hubOptionsOf(words)
  if (takesTokensForOthers(words)) {
    logger.warn('tokens are accepted whatever audience they were issued for: name this hub with --jwt-audience')
  }
  const { durability, data: folder, env, administration, metrics, drainDelay: drainDelayMs = 0 } = words
  await using data = await openDataFolder({ folder, durability, logger })
  await using kept = await openFiles(words, folder, logger)
  const { files } = kept
  const statusFile = await prepareStatusFile(words, logger)
  const hub = new Hub({ ...hubOptions, ...(data.store && { store: data.store }), files, logger, statusFile })
  const calls = await openCalls({ words, procedures, hub, folder, durability, logger })
  const { createNode } = await import('./node/posthouse-node.ts')
  const { filesDoor } = await import('./node/files-door.ts')
  const { allowOrigin: allowedOrigins = [] } = words
  const shown = { administration, metrics, allowedOrigins, drainDelayMs, ...(env && { env }), ...(app && { app }) }
  const node = createNode({ hub, logger, doors: [filesDoor(files), ...calls], ...shown })
  using _hangUp = onHangUp({ renew: () => node.renewCertificates(), leave: () => void node.drain() })
  try {
    await onHub?.(hub)
    const where = await node.listen(listenOptions)
    banner(terminal, {
      ...where,
      local: isLoopback(where.host),
      durability,
      database: databasePath(folder),
      guarded: hubOptions.authenticate !== undefined,
      legacy: words.legacy && (hubOptions.authenticate === undefined || words.legacyAllow !== undefined),
      administration,
    })
    await aborted(AbortSignal.any([interrupt.signal, node.leaving]))
    terminal.note('draining; Ctrl-C again stops at once')
  } finally {
    await node.drain()
  }
}

/** What a cross_comm server has left in the working folder is taken over, once. */
async function prepareStatusFile(words: UpWords, logger: Logger): Promise<string> {
  if (words.statusFile !== undefined) return resolve(words.statusFile)
  const path = resolve(join(words.data, statusFileName))
  try {
    await copyFile(statusFileName, path, constants.COPYFILE_EXCL)
    logger.info('took over the clients of an earlier cross_comm server', { file: resolve(statusFileName) })
  } catch (cause) {
    const code = systemCode(cause)
    // There is none, or the hub has its own already.
    if (code === 'ENOENT' || code === 'EEXIST') return path
    const file = resolve(statusFileName)
    logger.warn('the clients of an earlier cross_comm server cannot be taken over', { file, reason: reasonOf(cause) })
  }
  return path
}
