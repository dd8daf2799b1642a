import { type ErrorCode, isPosthouseError } from '@posthouse/core'

/** Files in numbers, since the start. */
export interface FileStats {
  /** Requests under way that bring bytes … */
  readonly uploads: number
  /** … and those that fetch some. */
  readonly downloads: number
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Failed requests, by code. */
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>
}

const directions: Readonly<Record<string, 'uploads' | 'downloads'>> = {
  POST: 'uploads',
  PATCH: 'uploads',
  GET: 'downloads',
}

/** Counts what goes in and out. */
export class FileTraffic {
  #bytesReceived = 0
  #bytesSent = 0
  readonly #active = { uploads: 0, downloads: 0 }
  readonly #errors = new Map<ErrorCode, number>()

  /** Counts a request as under way until it is disposed of. */
  begin(method: string = ''): Disposable {
    const direction = directions[method]
    if (direction !== undefined) this.#active[direction]++
    return {
      [Symbol.dispose]: () => {
        if (direction !== undefined) this.#active[direction]--
      },
    }
  }

  received(bytes: number): void {
    this.#bytesReceived += bytes
  }

  sent(bytes: number): void {
    this.#bytesSent += bytes
  }

  failed(error: unknown): void {
    const code = isPosthouseError(error) ? error.code : 'internal'
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1)
  }

  read(): FileStats {
    const counted = { bytesReceived: this.#bytesReceived, bytesSent: this.#bytesSent }
    return { ...this.#active, ...counted, errors: Object.fromEntries(this.#errors) }
  }
}
