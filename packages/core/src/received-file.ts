import type { PosthouseError } from './errors.ts'
import type { Message } from './message.ts'

/** What a message tells of a file or folder. */
export interface FileReference {
  /** Where its content is: what `download` takes. */
  readonly key: string
  /** The name that its sender gave it; never a path. */
  readonly name: string
  readonly folder: boolean
  /** Bytes, where the sender has told them. */
  readonly size?: number
  readonly mediaType?: string
  /** In hexadecimal digits, where the sender has told it. */
  readonly sha256?: string
  /** Of a folder: where its list of entries is. Absent for those of cross_comm programs. */
  readonly manifest?: string
  /** Of an image, in pixels, where the sender has told it. */
  readonly width?: number
  readonly height?: number
  /** Of an image: a small picture of it, as `data:` URL, where the sender has made one. */
  readonly preview?: string
}

/** Whether files are fetched before a handler is called, and where they go. */
export interface SavingOptions {
  /** The directory into which files and folders are saved. Without it the handler is given the reference alone. */
  readonly downloadTo?: string
  /**
   * What the path below the directory is: `key`, so that nothing is ever in its way, or `name`, that of the sender, with a
   * number where it is taken. Default `key`.
   */
  readonly saveAs?: 'key' | 'name'
  /**
   * Which of them are fetched: extensions (`.pdf`), media types (`image/*`), or what a function says; what that throws is the
   * `downloadError`. The handler is given the others by reference. Default: all.
   */
  readonly accept?: readonly string[] | ((file: FileReference) => boolean)
}

/** A message of a file or folder, after its content was fetched, or was not. */
export interface FileMessage<Body = unknown> extends Message<Body> {
  /** Where the content is now. Absent where it was not to be fetched, or could not be. */
  readonly localPath?: string
  /** The name that its sender gave it; never a path. */
  readonly fileName?: string
  /** Why the content could not be fetched. `download` may be tried again. */
  readonly downloadError?: PosthouseError
}
