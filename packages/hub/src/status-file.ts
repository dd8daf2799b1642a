import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, type Logger, PosthouseError, type Timer } from '@posthouse/core'
import { parse, stringify } from 'yaml'

/** What the status file says of one client. */
export interface ClientStatus {
  readonly online: boolean
  /** Unix milliseconds. */
  readonly lastSeen: number
}

/** What a status file needs. */
export interface StatusFileOptions {
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
  /** What to write: every known client. */
  readonly snapshot: () => ReadonlyMap<string, ClientStatus>
}

/** Changes are gathered for this long before the file is written. */
const debounceMs = 500

/**
 * The YAML file in which cross_comm servers keep the state of their clients (`id: {last_seen, status}`). It is replaced
 * as a whole, so it is complete at any moment.
 */
export class StatusFile {
  readonly #options: StatusFileOptions
  #timer: Timer | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: StatusFileOptions) {
    this.#options = options
  }

  /**
   * What an earlier run has left behind.
   * @throws PosthouseError `status_file`
   */
  async load(): Promise<ReadonlyMap<string, ClientStatus>> {
    const { path } = this.#options
    try {
      return readStatus(await readFile(path, 'utf8'))
    } catch (cause) {
      if (isMissing(cause)) return new Map()
      const reason = cause instanceof Error ? cause.message : String(cause)
      const message = `${path} is not a readable status file: ${reason}. Mend it, move it away, or name another.`
      throw new PosthouseError('status_file', message, { cause })
    }
  }

  /** Has the file written soon. */
  touch(): void {
    this.#timer ??= this.#options.clock
      .after(debounceMs, () => {
        this.#timer = undefined
        this.save().catch((error: unknown) =>
          this.#options.logger.error('the status file could not be written', { error }),
        )
      })
      .unref()
  }

  /**
   * Writes the file now.
   * @throws PosthouseError `status_file`
   */
  save(): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    const next = this.#writing.then(() => this.#write())
    this.#writing = next.catch(() => undefined)
    return next
  }

  async #write(): Promise<void> {
    const { path, snapshot } = this.#options
    const temporary = `${path}.${process.pid}.tmp`
    try {
      await writeThrough(temporary, renderStatus(snapshot()))
      await rename(temporary, path)
      await syncFolder(dirname(path))
    } catch (cause) {
      await rm(temporary, { force: true })
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new PosthouseError('status_file', `${path} cannot be written: ${reason}`, { cause })
    }
  }
}

/** The text of a status file: sorted by id, times in seconds. */
export function renderStatus(clients: ReadonlyMap<string, ClientStatus>): string {
  const ids = [...clients.keys()].sort()
  const entries = ids.map((id) => {
    const { online = false, lastSeen = 0 } = clients.get(id) ?? {}
    return [id, { last_seen: lastSeen / 1000, status: online ? 'online' : 'offline' }] as const
  })
  return entries.length === 0 ? '{}\n' : stringify(new Map(entries), { lineWidth: 0 })
}

function readStatus(text: string): ReadonlyMap<string, ClientStatus> {
  const data: unknown = parse(text, { mapAsMap: true, maxAliasCount: 0 }) ?? new Map()
  if (!(data instanceof Map)) throw new Error('it must map client ids to their states')
  const clients = new Map<string, ClientStatus>()
  for (const [id, entry] of data) {
    if (!(entry instanceof Map)) throw new Error(`the entry of ${JSON.stringify(id)} must have last_seen and status`)
    const seen: unknown = entry.get('last_seen')
    clients.set(String(id), {
      online: entry.get('status') === 'online',
      lastSeen: typeof seen === 'number' && Number.isFinite(seen) ? seen * 1000 : 0,
    })
  }
  return clients
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes the rename itself last. Not every system can sync a folder; those keep the rename by other means. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
}
