import type { SendOptions } from '../send-options.ts'
import type { TransferProgress } from './progress.ts'
import type { TransferGate } from './transfer-gate.ts'

/** What can be sent as a file: a path or `file:` URL in Node, bytes, a `Blob` or `File`, or a stream of bytes or text. */
export type FileSource =
  | string
  | URL
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | AsyncIterable<Uint8Array | string>
  | ReadableStream<Uint8Array>

/** What can be sent as a folder: a path or `file:` URL in Node, the files of an `<input webkitdirectory>` in a page. */
export type FolderPath = string | URL | Iterable<Blob>

/** How content is moved. */
export interface TransferOptions {
  /**
   * Told how far it is, at most four times a second, and once at the end. What it throws does not end the transfer; the client
   * tells it as an `error`.
   */
  readonly onProgress?: (progress: TransferProgress) => unknown
  /** Pauses it and lets it go on. */
  readonly gate?: TransferGate
  /** Gives it up; what has been moved stays where a later attempt can go on with it. */
  readonly signal?: AbortSignal
  /**
   * How long to try when nothing comes of it, in milliseconds; as soon as something does, the time begins anew. Default
   * 300,000.
   */
  readonly patienceMs?: number
  /** How long a connection may move nothing before another one is tried, in milliseconds. Default 30,000. */
  readonly idleMs?: number
}

/** How a file is sent: `send`'s options are those of the message that tells of it. */
export interface SendFileOptions extends TransferOptions, Omit<SendOptions, 'type' | 'signal' | 'qos'> {
  /** What its recipient is told as its name. Default: the name of the file, or `file` for bytes and streams. */
  readonly name?: string
  /**
   * The folder in which an upload of a file or folder is noted, so that another life of the program goes on with it when it
   * sends the same again; `false` notes nothing. Default: a folder of the user's. Node only.
   */
  readonly resumeIn?: string | false
  /** Its media type. Default: what its name says, or `application/octet-stream`. */
  readonly mediaType?: string
}

/** How a folder is sent. */
export interface SendFolderOptions extends TransferOptions, Omit<SendOptions, 'type' | 'signal' | 'qos'> {
  /** What its recipient is told as its name. Default: the name of the folder. */
  readonly name?: string
  /** As of `SendFileOptions`. */
  readonly resumeIn?: string | false
  /** Files that are sent side by side, 1 to 32. Default 6. */
  readonly parallel?: number
}

/** How a file or a folder is fetched. */
export interface DownloadOptions extends TransferOptions {
  /**
   * What the path below the directory is: `key`, so that nothing is ever in its way, or `name`, that of the sender, with a
   * number where it is taken. Default `key`.
   */
  readonly saveAs?: 'key' | 'name'
  /** Files of a folder that are fetched side by side, 1 to 32. Default 6. */
  readonly parallel?: number
}

/** A file that was sent. */
export interface SentFile {
  /** Id of the message that tells of it. */
  readonly id: string
  /** What became of the message. */
  readonly state: 'stored' | 'duplicate' | 'dropped' | 'sent'
  /** Where the content is: what `download` takes. */
  readonly key: string
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Of its content, in hexadecimal digits: what was read here and what arrived are the same. */
  readonly sha256: string
}

/** A folder that was sent. */
export interface SentFolder extends Omit<SentFile, 'sha256'> {
  /** Files in it. */
  readonly files: number
  /** Files whose content need not be sent, because the hub had it from this client, or had it twice. */
  readonly reused: number
  /** What was left out, and why. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
}

/** A file or a folder that was fetched into a directory. */
export interface Downloaded {
  /** Where it is now. */
  readonly path: string
  /** The name that its sender gave it; never a path. */
  readonly name: string
  /** Bytes; of a folder those of all its files. */
  readonly size: number
  /** Of a file whose sender or hub has told it; then it was checked. */
  readonly sha256?: string
}

/** A file that was fetched into memory. */
export interface FetchedFile extends Omit<Downloaded, 'path'> {
  readonly blob: Blob
}
