/** What is sent, read piece by piece and, where it can be, from any place. */
export interface UploadSource extends AsyncDisposable {
  /** What its recipient is told as its name. */
  readonly name: string
  /** Bytes; absent for a stream, which ends where it ends. */
  readonly size?: number
  /** Names its content, the same in the next life of the program unless it was changed; absent where nothing does. */
  readonly identity?: string
  /** Whether bytes that were read before can be read again. */
  readonly seekable: boolean
  /** All of it, where it is in memory already. */
  readonly bytes?: Uint8Array
  /** Its media type, where it says so itself. */
  readonly type?: string
  /**
   * The bytes from `start` to `end`, which is at most `size`. Of one that is not seekable, `start` is where the last call ended.
   * @throws PosthouseError `source_failed` where it has vanished or changed
   */
  read(start: number, end: number): AsyncIterable<Uint8Array>
  /**
   * Holds what it is now against what it was at the beginning.
   * @throws PosthouseError `source_failed`
   */
  verify(): Promise<void>
}
