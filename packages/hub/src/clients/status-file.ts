import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, type Logger, PosthouseError, type Timer } from '@posthouse/core'
import { parse } from 'yaml'

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
  /** What could not be read must not be overwritten. */
  #read = false
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
      const clients = readStatus(await readText(path))
      this.#read = true
      return clients
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const message = `${path} is not a readable status file: ${reason}. Mend it, move it away, or name another.`
      throw new PosthouseError('status_file', message, { cause })
    }
  }

  /** Has the file written soon. */
  touch(): void {
    if (!this.#read) return
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
   * Writes the file now, unless it was never read.
   * @throws PosthouseError `status_file`
   */
  save(): Promise<void> {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    if (!this.#read) return this.#writing
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
function renderStatus(clients: ReadonlyMap<string, ClientStatus>): string {
  const entries = [...clients].sort(([a], [b]) => (a < b ? -1 : 1))
  const text = entries.map(
    ([id, { online, lastSeen }]) =>
      `${yamlKey(id)}:\n  last_seen: ${lastSeen / 1000}\n  status: ${online ? 'online' : 'offline'}\n`,
  )
  return text.join('') || '{}\n'
}

/**
 * An id as a key that every YAML reader takes for text. What is a number, a date or a boolean differs between YAML 1.1,
 * which Python reads, and 1.2; so whatever does not look like a name is quoted.
 */
function yamlKey(id: string): string {
  if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(id) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(id)) return id
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(id)) return `'${id.replaceAll("'", "''")}'`
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(id).replace(/[\u007f-\uffff]/gu, escaped)
}

function readStatus(text: string): ReadonlyMap<string, ClientStatus> {
  // The failsafe schema leaves every scalar text: an id keeps its spelling, whatever a reader might take it for.
  // Looking for ids that occur twice takes quadratic time; the last one counts.
  const options = { schema: 'failsafe', mapAsMap: true, maxAliasCount: 0, uniqueKeys: false } as const
  const data: unknown = parse(text, options) ?? new Map()
  if (!(data instanceof Map)) throw new Error('it must map client ids to their states')
  const clients = new Map<string, ClientStatus>()
  for (const [id, entry] of data) {
    if (!(entry instanceof Map)) throw new Error(`the entry of ${JSON.stringify(id)} must have last_seen and status`)
    const seen = Number(entry.get('last_seen'))
    clients.set(String(id), {
      online: entry.get('status') === 'online',
      lastSeen: Number.isFinite(seen) ? seen * 1000 : 0,
    })
  }
  return clients
}

/** The text of a file; empty where there is none. */
async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (isMissing(cause)) return ''
    throw cause
  }
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
