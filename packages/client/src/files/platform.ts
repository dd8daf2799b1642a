import type { FileReference } from '@posthouse/core'
import type { Fetcher } from './fetcher.ts'
import type { Downloaded, DownloadOptions } from './transfer-options.ts'
import type { UploadSource } from './upload-source.ts'

/** One request over HTTP. */
export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'HEAD' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** What is sent, of the length that `Content-Length` says. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
}

/** The beginning of an answer. */
export interface Answer {
  readonly status: number
  header(name: string): string | undefined
  /** The bytes that follow. To be read to the end, or left by `return`. */
  readonly body: AsyncIterable<Uint8Array>
}

/** SHA-256 of bytes that come one after another. */
export interface Sha256 {
  update(bytes: Uint8Array): void
  /** In lower-case hexadecimal digits; the last call. */
  digest(): string
}

/** A file or an empty folder that is to be sent as a part of a folder. */
export interface FolderItem {
  /** Relative to the folder, with `/` between its parts. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  readonly size: number
  readonly executable: boolean
  readonly mtime: number
  /** Its content. Absent for a directory. */
  readonly open?: () => Promise<UploadSource>
}

/** A folder that is to be sent. */
export interface FolderSource {
  readonly name: string
  /** Names the folder, the same in the next life of the program; absent where there is no such name. */
  readonly identity?: string
  readonly items: readonly FolderItem[]
  readonly skipped: readonly { readonly path: string; readonly reason: 'symlink' | 'special' | 'unreadable' }[]
}

/** What is remembered of an upload, so that another life of the program goes on with it. */
export interface UploadRecord {
  readonly key: string
  /** Id of the message that will tell of it. */
  readonly messageId: string
}

/** Where records are kept, each under the name of what it is about. */
export interface RecordKeeper {
  read(name: string): Promise<UploadRecord | undefined>
  write(name: string, record: UploadRecord): Promise<void>
  remove(name: string): Promise<void>
}

/** What the size and the look of an image are. */
export interface ImageFacts {
  readonly width: number
  readonly height: number
  /** A small picture of it, as `data:` URL. Absent where nothing is there to make one. */
  readonly preview?: string
}

/** What puts files into directories. */
export interface DirectoryPlatform {
  /** @throws PosthouseError what `HubClient.download` documents */
  save(request: SaveRequest): Promise<Downloaded>
}

/** What is to be saved where. */
export interface SaveRequest {
  readonly fetcher: Fetcher
  readonly file: FileReference
  readonly directory: string
  readonly options: DownloadOptions
}

/** What differs between Node and browsers. */
export interface FilePlatform {
  /** The most that goes into one request here. */
  readonly requestBytes: number
  exchange(request: Exchange): Promise<Answer>
  sha256(): Sha256
  /**
   * What is to be sent: a path where there are any, bytes, a `Blob`, or a stream.
   * @throws PosthouseError `source_failed`, `invalid_option`
   */
  openSource(source: unknown, options: { readonly name?: string }): Promise<UploadSource>
  /** @throws PosthouseError `source_failed`, `invalid_option`, `aborted` */
  openFolder(source: unknown, signal: AbortSignal): Promise<FolderSource>
  imageFacts(source: unknown): Promise<ImageFacts | undefined>
  /** Absent where another life could do nothing with them. @param folder where the caller wants them; absent for the usual place. */
  records?(folder?: string): RecordKeeper
  /** Absent where there are no directories. */
  readonly directories?: DirectoryPlatform
}
