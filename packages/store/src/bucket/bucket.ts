/** What is kept with an object. */
export interface ObjectFacts {
  readonly sha256: string
  /** The `meta` of the file. */
  readonly meta: Readonly<Record<string, string>>
}

/** An object as lists show it. */
export interface ObjectEntry {
  readonly name: string
  readonly size: number
  /** When it was written, in Unix milliseconds. */
  readonly at: number
}

/** One object. Facts are absent where another program put it there. */
export interface ObjectInfo extends ObjectEntry, Partial<ObjectFacts> {}

/** Which objects are wanted: at most `limit` that begin with `prefix` and come behind `after`. */
export interface ListQuery {
  readonly prefix: string
  readonly after?: string | undefined
  readonly limit: number
}

/** What a signed URL is to say. */
export interface SignWishes {
  readonly ttlMs: number
  readonly mediaType?: string | undefined
  readonly disposition?: string | undefined
}

/** What a bucket of any kind does, so that a store of files can be made of it. Failures are errors of ours. */
export interface Bucket extends AsyncDisposable {
  put(name: string, bytes: Uint8Array, facts?: ObjectFacts): Promise<void>
  head(name: string): Promise<ObjectInfo | undefined>
  /** The bytes from `start` up to `end`, which is not one of them; undefined where there is no such object. */
  get(
    name: string,
    range: { start: number; end: number } | undefined,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined>
  /** Objects in the order of the bucket. */
  list(query: ListQuery): Promise<readonly ObjectEntry[]>
  /** Removes it, where it is there. */
  remove(name: string): Promise<void>
  /** One object of others, in their order. All but the last have at least 5 MiB, and none more than 5 GiB. */
  join(parts: readonly ObjectEntry[], name: string, facts: ObjectFacts): Promise<void>
  sign(name: string, wishes: SignWishes): Promise<string>
}
