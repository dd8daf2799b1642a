import { type Clock, type FileMessage, type Message, PosthouseError, type SavingOptions } from '@posthouse/core'
import type { FileHost } from './file-host.ts'
import { fileOf } from './file-reference.ts'
import type { Exchange, FilePlatform } from './platform.ts'

/** Where a hub has its files from: itself. */
export interface FileSupply {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Answers `files.url`, `files.urls` and `files.list`, with paths as URLs. @throws PosthouseError */
  ask(method: string, body: unknown): Promise<unknown>
  /** The bytes that lie at such a path, from `start` on. */
  read(path: string, start: number): AsyncIterable<Uint8Array>
}

const origin = 'ws://hub'

/**
 * Fetches what a message tells of for a hub's own listener as a client does for its: into parts that are checked before they
 * get a safe name. What goes wrong is in the message that it returns.
 */
export async function receiveFile(message: Message, wishes: SavingOptions, supply: FileSupply): Promise<FileMessage> {
  const { received } = await import('./received.ts')
  return received(message, wishes, {
    download: async (wanted, directory, options = {}) => {
      const [{ Fetcher }, { Transfer }, { platform }] = await Promise.all([
        import('./fetcher.ts'),
        import('./transfer.ts'),
        import('#file-platform'),
      ])
      const { directories } = platform
      if (directories === undefined) throw new PosthouseError('unsupported', 'there are no directories here')
      const fetcher = new Fetcher(new Transfer(hostOf(supply, platform), options, supply.signal))
      return directories.save({ fetcher, file: fileOf(wanted), directory, options })
    },
  })
}

function hostOf({ clock, ask, read }: FileSupply, platform: FilePlatform): FileHost {
  return {
    clientId: 'hub',
    url: origin,
    clock,
    random: Math.random,
    platform: { ...platform, exchange: async (request) => answerOf(request, read) },
    ask,
    send: () => Promise.reject(new PosthouseError('internal', 'whoever only receives sends nothing')),
    // Only a watcher fails like that, and there is none.
    fail: () => undefined,
  }
}

function answerOf({ url, headers }: Exchange, read: FileSupply['read']): Awaited<ReturnType<FilePlatform['exchange']>> {
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
  return {
    status: start > 0 ? 206 : 200,
    header: (name) => (name === 'content-range' ? `bytes ${start}-` : undefined),
    body: read(new URL(url).pathname, start),
  }
}
