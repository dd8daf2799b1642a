import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type BlobStore,
  bearerToken,
  type Clock,
  type FileKeeper,
  type FileMessage,
  type FileMethod,
  type FileQuestion,
  isPosthouseError,
  type Logger,
  type Message,
  PosthouseError,
  type SavingOptions,
  silentLogger,
  systemClock,
} from '@posthouse/core'
import { aClock, anObject, aText, checkOptions, objectWith, type Rules } from '@posthouse/core/options'
import { administering } from './asking/administering.ts'
import { askCopy, askHave } from './asking/ask-copy.ts'
import { askList } from './asking/ask-list.ts'
import { askUpload } from './asking/ask-upload.ts'
import { askUrl, askUrls, uncheckedName } from './asking/ask-url.ts'
import type { AskingParts } from './asking/asking-parts.ts'
import { serveFile } from './download/serve-file.ts'
import { type FileLimits, resolveFileLimits } from './file-limits.ts'
import { keyOfPath } from './file-path.ts'
import { receive } from './receiving/receive.ts'
import { refuse } from './refusal.ts'
import { Secrets } from './signing/secrets.ts'
import { assertSigned } from './signing/signed-url.ts'
import { allowsKey, readUploadToken, type UploadPass } from './signing/upload-token.ts'
import { Sweeper } from './sweeper.ts'
import { type FileStats, FileTraffic } from './traffic.ts'
import { Attempts } from './upload/attempts.ts'
import { BlobDataStore } from './upload/blob-data-store.ts'
import { TusDoor } from './upload/tus-door.ts'
import { Usage } from './usage.ts'

/** Settings of `Files`. */
export interface FilesOptions {
  /** Where the bytes are. It is lent: `Files` does not close it. */
  readonly store: BlobStore
  /** The file in which the secrets of signatures are kept. Default: none, so tokens and URLs end with the process. */
  readonly secretFile?: string
  /** How much may be kept, and for how long; each limit has its documented default. */
  readonly limits?: Partial<FileLimits>
  /** The path of the HTTP requests that `handle` is given. Default `/files`. */
  readonly path?: string
  /** The address that clients reach it by, such as `https://hub.example`. Default: that of the hub, as they know it. */
  readonly publicUrl?: string
  readonly logger?: Logger
  readonly clock?: Clock
}

const rules: Rules<FilesOptions> = {
  store: anObject,
  secretFile: aText,
  limits: anObject,
  path: aText,
  publicUrl: aText,
  logger: objectWith('debug', 'info', 'warn', 'error'),
  clock: aClock,
}

/**
 * The server side of files: what clients ask over the hub, and the requests that carry the bytes.
 *
 * @example
 * ```ts
 * await using files = new Files({ store: await openDiskBlobStore({ folder: '.posthouse/files' }) })
 * const hub = new Hub({ files })
 * const server = createServer((request, response) => void files.handle(request, response))
 * server.on('upgrade', (request, socket, head) => hub.handleUpgrade(request, socket, head))
 * ```
 */
export class Files implements FileKeeper, AsyncDisposable {
  readonly methods: Readonly<Record<string, FileMethod>>
  readonly ownMethods: Readonly<Record<string, FileMethod>>
  /** True where the store is a bucket. */
  readonly shared: boolean
  readonly keepMs: number
  /** The path of its HTTP requests, and the beginning of all others. */
  readonly path: string
  readonly #parts: AskingParts
  readonly #door: TusDoor
  readonly #sweeper: Sweeper
  readonly #traffic = new FileTraffic()
  readonly #logger: Logger
  readonly #requests = new Map<Promise<void>, ServerResponse>()
  readonly #ending = new AbortController()
  #closing = false

  /** @throws PosthouseError `invalid_option`, `data_damaged`, `data_unwritable` */
  constructor(options: FilesOptions) {
    checkOptions('Files', options, rules, ['store'])
    const { store, clock = systemClock, logger = silentLogger, publicUrl, path: root = '/files' } = options
    const limits = resolveFileLimits(options.limits)
    const origin = originOf(publicUrl)
    const longestMs = Math.max(limits.tokenMs, limits.urlMs)
    const secrets = new Secrets({ file: options.secretFile, clock, longestMs })
    const usage = new Usage(store, limits.clientBytes)
    const parts = { store, usage, limits, secrets, clock, root, origin, direct: true }
    const attempts = new Attempts(clock)
    const traffic = this.#traffic
    const datastore = new BlobDataStore({ store, usage, limits, clock, attempts, traffic })
    this.#parts = parts
    this.#logger = logger
    this.#door = new TusDoor({ root, origin, datastore, attempts, limits, traffic, clock, logger })
    this.#sweeper = new Sweeper({ store, usage, limits, clock, logger })
    this.path = root
    this.shared = store.signedUrl !== undefined
    this.keepMs = limits.keepMs
    this.methods = {
      'files.upload': askUpload(parts),
      'files.url': askUrl(parts),
      'files.urls': askUrls(parts),
      'files.list': askList(parts),
      'files.have': askHave(parts),
      'files.copy': askCopy(parts),
    }
    this.ownMethods = administering(parts, this.#sweeper)
  }

  receive(message: Message, wishes: SavingOptions, mayFetch: FileQuestion['mayFetch']): Promise<FileMessage> {
    return receive(this.#parts, { message, wishes, mayFetch, signal: this.#ending.signal })
  }

  /** Answers an HTTP request whose path is `path` or lies below it; failures are answered, too. Spec: 11.3. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    using _active = this.#traffic.begin(request.method)
    const answered = this.#answer(request, response).catch((error: unknown) => {
      this.#traffic.failed(error)
      if (!isPosthouseError(error)) this.#logger.error('a request for a file failed', { error })
      else if (error.code === 'content_mismatch' || error.code === 'data_damaged') {
        this.#logger.error('a file is damaged', { reason: error.message })
      }
      refuse(response, error)
    })
    this.#requests.set(answered, response)
    await answered
    this.#requests.delete(answered)
  }

  /**
   * Resolves where files can be kept now; a bucket is not asked.
   * @throws PosthouseError (later) `store_failed`, `no_room`, `closed`
   */
  async checkStore(): Promise<void> {
    await this.#parts.store.check?.()
  }

  /** What went in and out by this. */
  stats(): FileStats {
    return this.#traffic.read()
  }

  /** Takes no more requests, and waits for those that are under way, until `signal` is aborted. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#closing = true
    const { promise: hurried, resolve } = Promise.withResolvers<void>()
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
    await Promise.race([Promise.all(this.#requests.keys()), hurried])
  }

  /** Ends what is under way. What has come of uploads is kept, and goes on in the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    this.#ending.abort(new PosthouseError('closed', 'this hub takes no files any more'))
    for (const response of this.#requests.values()) response.destroy()
    await this.#sweeper[Symbol.asyncDispose]()
    await Promise.all(this.#requests.keys())
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#closing) throw new PosthouseError('closed', 'this hub takes no requests for files any more')
    switch (request.method) {
      case 'OPTIONS':
        return this.#door.handle(request, response)
      case 'POST':
      case 'PATCH':
      case 'DELETE':
        return this.#door.handle(request, response, this.#pass(request))
      case 'GET':
        return this.#fetch(request, response)
      case 'HEAD':
        if (request.headers['tus-resumable'] === undefined) return this.#fetch(request, response)
        return this.#door.handle(request, response, this.#pass(request))
      default:
        response.writeHead(405, { allow: 'GET, HEAD, POST, PATCH, DELETE, OPTIONS' }).end()
    }
  }

  async #fetch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { store, secrets, clock, root } = this.#parts
    const url = new URL(request.url ?? '/', 'http://hub')
    const key = keyOfPath(root, url.pathname)
    if (key === undefined) throw new PosthouseError('invalid_key', 'the path names no file')
    if (url.searchParams.has('signature')) assertSigned(key, url.searchParams, { secrets, now: clock.now() })
    else if (!allowsKey(this.#pass(request), key)) {
      throw new PosthouseError('forbidden', `this token is not for ${key}`)
    }
    const verify = !url.searchParams.has(uncheckedName)
    await serveFile(request, response, { store, key, verify, traffic: this.#traffic })
  }

  /** @throws PosthouseError `unauthenticated`, `token_expired` */
  #pass({ headers }: IncomingMessage): UploadPass {
    const token = bearerToken(headers.authorization)
    if (token !== undefined) return readUploadToken(token, this.#parts.secrets, this.#parts.clock.now())
    throw new PosthouseError('unauthenticated', 'a request for a file needs a signed URL or the token of an upload')
  }
}

/** @throws PosthouseError `invalid_option` */
function originOf(publicUrl: string | undefined): string {
  if (publicUrl === undefined) return ''
  if (/^https?:\/\//.test(publicUrl) && URL.canParse(publicUrl)) return new URL(publicUrl).href.replace(/\/$/, '')
  throw new PosthouseError('invalid_option', `${JSON.stringify(publicUrl)} is no address such as https://hub.example`)
}
