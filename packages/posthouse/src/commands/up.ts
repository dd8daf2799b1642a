import { constants } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Logger, PosthouseError, reasonOf } from '@posthouse/core'
import { Hub, isLoopback } from '@posthouse/hub'
import { banner } from '../banner.ts'
import { consoleLogger, type LogLevel } from '../console-logger.ts'
import { aborted, onInterrupt } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'

/** Options of `posthouse up`. */
export interface UpOptions {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly insecure: boolean
  readonly legacy: boolean
  readonly statusFile?: string
  readonly heartbeatInterval?: number
  readonly heartbeatTimeout?: number
  readonly logLevel: LogLevel
}

const statusFileName = 'cross_comm_clients.yaml'

/**
 * Runs a hub until Ctrl-C or SIGTERM, then drains it.
 * @throws PosthouseError `port_in_use`, `insecure_bind`, `status_file`, `invalid_option`
 */
export async function up(terminal: Terminal, options: UpOptions): Promise<void> {
  using interrupt = onInterrupt()
  const logger = consoleLogger(terminal, options.logLevel)
  const statusFile = await prepareStatusFile(options, logger)
  const { heartbeatInterval, heartbeatTimeout } = options
  const hub = new Hub({
    logger,
    statusFile,
    crossComm: options.legacy,
    ...(heartbeatInterval !== undefined && { heartbeatIntervalMs: heartbeatInterval }),
    ...(heartbeatTimeout !== undefined && { heartbeatTimeoutMs: heartbeatTimeout }),
  })
  try {
    const where = await hub.listen({ host: options.host, port: options.port, insecure: options.insecure })
    banner(terminal, { ...where, legacy: options.legacy })
    if (!isLoopback(options.host)) {
      logger.warn(
        'anyone who reaches this address can log in under any id and read along: use it in a trusted network only',
      )
    }
    await aborted(interrupt.signal)
    terminal.note('draining; Ctrl-C again stops at once')
  } finally {
    await hub.drain()
  }
}

/** The folder is made, and what a cross_comm server has left in the working folder is taken over, once. */
async function prepareStatusFile(options: UpOptions, logger: Logger): Promise<string> {
  if (options.statusFile !== undefined) return resolve(options.statusFile)
  const path = resolve(join(options.data, statusFileName))
  try {
    await mkdir(options.data, { recursive: true })
  } catch (cause) {
    const reason = reasonOf(cause)
    throw new PosthouseError('invalid_option', `the data folder ${options.data} cannot be made: ${reason}`, { cause })
  }
  try {
    await copyFile(statusFileName, path, constants.COPYFILE_EXCL)
    logger.info('took over the clients of an earlier cross_comm server', { file: resolve(statusFileName) })
  } catch {
    // There is none, or the hub has its own already.
  }
  return path
}
