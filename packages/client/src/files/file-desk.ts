import { type FileReference, PosthouseError } from '@posthouse/core'
import { fetchBytes } from './fetch-bytes.ts'
import { Fetcher } from './fetcher.ts'
import type { FileHost } from './file-host.ts'
import { fileOf, type Tells } from './file-reference.ts'
import { baseName, safeName } from './safe-name.ts'
import { type FileOrder, sendFile } from './send-file.ts'
import { sendFolder } from './send-folder.ts'
import { Transfer } from './transfer.ts'
import type {
  Downloaded,
  DownloadOptions,
  FetchedFile,
  SendFileOptions,
  SendFolderOptions,
  SentFile,
  SentFolder,
  TransferOptions,
} from './transfer-options.ts'

/** A client's files. */
export class FileDesk {
  readonly #host: FileHost
  readonly #closing = new AbortController()
  #underWay = 0
  readonly #rested: () => void

  /** @param rested told when a transfer has come to its end. */
  constructor(host: FileHost, rested: () => void) {
    this.#host = host
    this.#rested = rested
  }

  /** True while something is sent or fetched. */
  get busy(): boolean {
    return this.#underWay > 0
  }

  /** @throws PosthouseError (later) what `HubClient.sendFile` documents */
  sendFile(to: string, source: unknown, options?: SendFileOptions): Promise<SentFile> {
    return this.#send({ to, source, type: 'file' }, options)
  }

  sendImage(to: string, source: unknown, options?: SendFileOptions): Promise<SentFile> {
    return this.#send({ to, source, type: 'image' }, options)
  }

  sendAudio(to: string, source: unknown, options?: SendFileOptions): Promise<SentFile> {
    return this.#send({ to, source, type: 'audio' }, options)
  }

  sendVideo(to: string, source: unknown, options?: SendFileOptions): Promise<SentFile> {
    return this.#send({ to, source, type: 'video' }, options)
  }

  /** @throws PosthouseError (later) what `HubClient.sendFolder` documents */
  sendFolder(to: string, source: unknown, options: SendFolderOptions = {}): Promise<SentFolder> {
    return this.#run(options, (transfer) => sendFolder(transfer, { to, source, options }))
  }

  /** @throws PosthouseError (later) what `HubClient.download` documents */
  download(
    wanted: Tells | string,
    directory?: string,
    options: DownloadOptions = {},
  ): Promise<Downloaded | FetchedFile> {
    return this.#run(options, async (transfer) => {
      const file = typeof wanted === 'string' ? ofKey(wanted) : fileOf(wanted)
      const { platform } = transfer.host
      const fetcher = new Fetcher(transfer)
      if (directory === undefined) return fetchFile(fetcher, file)
      if (platform.directories) return platform.directories.save({ fetcher, file, directory, options })
      throw new PosthouseError('unsupported', 'there are no directories here; without one the content comes as a blob')
    })
  }

  /** Ends all transfers. */
  close(error: PosthouseError): void {
    this.#closing.abort(error)
  }

  #send(order: Omit<FileOrder, 'options'>, options: SendFileOptions = {}): Promise<SentFile> {
    return this.#run(options, (transfer) => sendFile(transfer, { ...order, options }))
  }

  async #run<Value>(options: TransferOptions, task: (transfer: Transfer) => Promise<Value>): Promise<Value> {
    this.#underWay++
    try {
      return await task(new Transfer(this.#host, options, this.#closing.signal))
    } finally {
      this.#underWay--
      this.#rested()
    }
  }
}

function ofKey(key: string): FileReference {
  return { key, name: safeName(baseName(key)), folder: key.endsWith('/') }
}

/** The content of a file, checked. */
async function fetchFile(fetcher: Fetcher, file: FileReference): Promise<FetchedFile> {
  if (file.folder) throw new PosthouseError('invalid_option', 'a folder needs a directory to be saved in')
  const { parts, place } = await fetchBytes(fetcher, file.key, { told: file.sha256 })
  fetcher.transfer.meter.end()
  const { size, sha256 = file.sha256, type = file.mediaType ?? '' } = place
  return { blob: new Blob([...parts], { type }), name: file.name, size, ...(sha256 !== undefined && { sha256 }) }
}
