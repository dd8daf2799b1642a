import type { StoredEnvelope } from '@posthouse/core'

/** What a source has behind a position. */
export interface FeedPage {
  /** In the order of their positions. */
  readonly entries: readonly StoredEnvelope[]
  /** Up to where it has looked. */
  readonly scanned: number
  /** True where there may be more behind that. */
  readonly more: boolean
}

/** What can be read of a stream of which something may be missing. */
export interface Opening {
  /** Behind this position nothing is missing. */
  readonly begin: number
  /** What comes first behind it. */
  readonly page: FeedPage
}

/** Where the envelopes of a stream are kept. */
export interface FeedSource {
  /**
   * Up to `limit` envelopes behind position `after`, oldest first.
   * @throws PosthouseError what the link is closed with, such as for a client that fell behind what is kept
   */
  read(after: number, limit: number): Promise<FeedPage>
  /** What there is now behind `after`, also where some of that is not kept any more. Default: nothing is ever missing. */
  open?(after: number): Promise<Opening>
  /** True where the cursor outlives the stream: whoever follows again goes on there. Default: it is dropped. */
  readonly lasting?: boolean
  /** True for what this client is not to get. Default: nothing is left out. */
  omits?(envelope: StoredEnvelope['envelope'], client: string): boolean
  /** Told that this client is fed no more. */
  left?(client: string): void
  /** Told that this client, which had fallen behind, has little left to get. */
  drained?(client: string): void
}
