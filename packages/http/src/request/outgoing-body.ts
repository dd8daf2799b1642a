/** What is sent below a request's head. */
export interface OutgoingBody {
  /** Bytes, or `undefined` where that is known only at the end. */
  readonly length: number | undefined
  /** The `content-type` where the caller names none. */
  readonly type?: string | undefined
  /** True where `open` can be called again, for a new attempt or a redirection. */
  readonly replayable: boolean
  /** The content from its beginning. */
  open(): string | Uint8Array | AsyncIterable<Uint8Array>
}
