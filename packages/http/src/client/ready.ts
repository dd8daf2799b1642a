/** A function for each method, and one for any. */
export interface Senders<Options, Answer> {
  readonly get: (url: string | URL, options?: Options) => Answer
  readonly post: (url: string | URL, options?: Options) => Answer
  readonly put: (url: string | URL, options?: Options) => Answer
  readonly patch: (url: string | URL, options?: Options) => Answer
  readonly delete: (url: string | URL, options?: Options) => Answer
  readonly head: (url: string | URL, options?: Options) => Answer
  readonly options: (url: string | URL, options?: Options) => Answer
  request(method: string, url: string | URL, options?: Options): Answer
}

/** The functions of a client that need not be there yet. */
export function sendersOf<Options, Answer>(
  request: (method: string, url: string | URL, options?: Options) => Answer,
): Senders<Options, Answer> {
  const send = (method: string) => (url: string | URL, options?: Options) => request(method, url, options)
  return {
    get: send('GET'),
    post: send('POST'),
    put: send('PUT'),
    patch: send('PATCH'),
    delete: send('DELETE'),
    head: send('HEAD'),
    options: send('OPTIONS'),
    request,
  }
}

/** What is made when it is first needed, and again after it was taken away. */
export class MadeOnDemand<Value> {
  readonly #make: () => Value
  #made: Value | undefined

  constructor(make: () => Value) {
    this.#make = make
  }

  get value(): Value {
    this.#made ??= this.#make()
    return this.#made
  }

  /** Takes it away, if there is one. */
  take(): Value | undefined {
    const made = this.#made
    this.#made = undefined
    return made
  }
}
