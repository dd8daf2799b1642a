/** What a door needs of a request, whatever server received it. */
export interface CallRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** IP address of the peer, without port. */
  readonly remoteAddress: string
  /** Aborts when the client has gone. */
  readonly signal?: AbortSignal | undefined
}

/** The response to send. */
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
