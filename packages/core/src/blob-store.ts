/** What an upload is held against when it is completed, and what is kept with it. */
export interface Announcement {
  /** Bytes. Without it the upload ends where it is completed. */
  readonly size?: number
  /** In lower-case hexadecimal digits. It proves nothing: only bytes that have arrived count. */
  readonly sha256?: string
  /** Given back with the file and never looked at; at most 1,024 bytes as JSON. */
  readonly meta?: Readonly<Record<string, string>>
}

/** A file that is wholly there, as lists show it. */
export interface BlobEntry {
  readonly key: string
  readonly size: number
  /** When it was completed, in Unix milliseconds. */
  readonly at: number
}

/** A file that is wholly there. */
export interface BlobInfo extends BlobEntry {
  /** Of the bytes that arrived. Absent where another program put the file there. */
  readonly sha256?: string
  readonly meta: Readonly<Record<string, string>>
}

/** An upload that is not complete. */
export interface UploadInfo extends Announcement {
  readonly key: string
  /** So many bytes will not be asked for again. */
  readonly offset: number
  /** When it last took bytes, in Unix milliseconds. */
  readonly at: number
}

/** Which part of a list is wanted. The order is the store's own and does not change. */
export interface BlobPage {
  /** Only keys that begin with this. Default: all. */
  readonly prefix?: string
  /** What comes behind this key. Default: from the beginning. */
  readonly after?: string
  /** At most so many, 1 to 1,000. Default 1,000. */
  readonly limit?: number
}

/** Which bytes of a file are wanted, and how. */
export interface BlobReadOptions {
  /** The first byte. Default 0. */
  readonly start?: number
  /** The byte behind the last one; beyond the end it means the end. Default: the end. */
  readonly end?: number
  /** Holds a file that is read whole against its SHA-256: it then ends with `content_mismatch` if it differs. Default false. */
  readonly verify?: boolean
  readonly signal?: AbortSignal
}

/** What a URL that needs no token says to the one that fetches it. */
export interface SignedUrlOptions {
  /** How long the URL may be used, in milliseconds. */
  readonly ttlMs: number
  /** The media type of the answer. */
  readonly mediaType?: string
  /** The content disposition of the answer. */
  readonly disposition?: string
}

/**
 * Keeps files: under a key that somebody else has made, from an upload that may take many attempts. A file is there when
 * its upload was completed, whole and never changed, or it is not there at all.
 *
 * Each method that is given a key throws `invalid_key` for what can be none; each throws `closed` when the store was closed.
 */
export interface BlobStore extends AsyncDisposable {
  /**
   * Begins an upload.
   * @throws PosthouseError `key_in_use`; `no_room` where the announced size does not fit; `invalid_option`
   */
  begin(key: string, announced?: Announcement): Promise<void>
  /**
   * Adds bytes at `offset`, which is how far the upload is, and resolves to how far it is then. When `bytes` or `signal`
   * ends it early, it rejects with their error and what came before is kept, as far as `upload` says. A chunk may be
   * reused once the next one is asked for.
   * @throws PosthouseError `unknown_file`, `offset_mismatch`, `upload_busy`, `file_too_large`, `no_room`
   */
  append(key: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number>
  /**
   * Makes a file of an upload, kept as durably as the store keeps anything when the promise resolves. An upload whose bytes
   * are not the announced ones is removed.
   * @throws PosthouseError `unknown_file`, `upload_busy`; `offset_mismatch` where bytes are missing; `content_mismatch`
   */
  complete(key: string): Promise<BlobInfo>
  /**
   * Makes a file of bytes that are all there: what `begin`, `append` and `complete` would, and what fails leaves nothing. Absent
   * where that is no less work.
   * @throws PosthouseError what those three throw
   */
  put?(key: string, bytes: Uint8Array, announced?: Announcement): Promise<BlobInfo>
  /** How far the upload of this key is; undefined where there is none. */
  upload(key: string): Promise<UploadInfo | undefined>
  /** The file of this key; undefined where it is not there. */
  head(key: string): Promise<BlobInfo | undefined>
  /**
   * The bytes of a file. It is opened when the first chunk is asked for, and closed when the iteration ends.
   * @throws PosthouseError `unknown_file`; `bad_range` where no byte of the range is in the file; while reading
   * `content_mismatch` and `aborted`
   */
  read(key: string, options?: BlobReadOptions): Promise<AsyncIterable<Uint8Array>>
  /**
   * Removes the file or the upload of this key; false where there was neither. Who reads it at that time may get it all.
   * @throws PosthouseError `upload_busy`
   */
  remove(key: string): Promise<boolean>
  /**
   * Gives the content of the file `from` the key `to` as well, without its bytes being carried again; as durably as
   * `complete` does. `meta` is that of the new file. Default: that of the old one.
   * @throws PosthouseError `unknown_file`, `key_in_use`, `no_room`, `invalid_option`
   */
  copy(from: string, to: string, meta?: Readonly<Record<string, string>>): Promise<BlobInfo>
  /** The files whose keys begin with `prefix`. */
  list(page?: BlobPage): Promise<readonly BlobEntry[]>
  /** The uploads that are not complete and whose keys begin with `prefix`. */
  uploads(page?: BlobPage): Promise<readonly UploadInfo[]>
  /** A file whose key begins with `prefix` and that has this content, if one is quickly found. Absent where the store cannot tell without reading all. */
  find?(prefix: string, sha256: string): Promise<BlobInfo | undefined>
  /** How many more bytes it takes now, announced ones taken off. Absent where that is not known. */
  room?(): Promise<number>
  /**
   * A URL that fetches the file straight from where it is kept. Absent where the store has no address of its own.
   * @throws PosthouseError `unknown_file`
   */
  signedUrl?(key: string, options: SignedUrlOptions): Promise<string>
  /**
   * Resolves where files would be kept now, as far as that can be told without one. Absent where it is not this computer that they are
   * kept by.
   * @throws PosthouseError (later) `store_failed`, `no_room`, `closed`
   */
  check?(): Promise<void>
}
