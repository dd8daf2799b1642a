/** What a door knows of a request, whatever server it came in at. */
export interface CallRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** IP address of the peer, without port. */
  readonly remoteAddress: string
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined
}

/** What is to be answered. */
export interface CallReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON, or lines of it as they come. */
  readonly body: string | AsyncIterable<string>
}

/** A header with one value. */
export function headerOf({ headers }: CallRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
