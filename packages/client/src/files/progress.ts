import { type Clock, type PosthouseError, toPosthouseError } from '@posthouse/core'

/** How far a transfer is. */
export interface TransferProgress {
  /** Bytes that have gone over the wire or need not; of a folder those of all its files. */
  readonly bytes: number
  /** Bytes in all; absent for a stream, whose end nobody knows. */
  readonly total?: number
  /** Bytes in a second, over the last few seconds. */
  readonly bytesPerSecond: number
  /** How long the rest will take at this rate, in milliseconds; absent while that cannot be said. */
  readonly remainingMs?: number
  /** Of a folder: files that are done, and how many there are. */
  readonly files?: { readonly done: number; readonly total: number }
}

/** Four times a second. */
const everyMs = 250
/** How far back the rate looks, in milliseconds. */
const spanMs = 5000

/** Tells how far a transfer is, at most four times a second, and once at its end. */
export class Meter {
  readonly #clock: Clock
  readonly #tell: ((progress: TransferProgress) => unknown) | undefined
  readonly #fail: (error: PosthouseError) => void
  readonly #samples: { readonly at: number; readonly bytes: number }[] = []
  #bytes = 0
  #total: number | undefined
  #files: { done: number; readonly total: number } | undefined
  #toldAt = Number.NEGATIVE_INFINITY
  /** Bytes that were there before this run and say nothing of its rate. */
  #skipped = 0

  /** @param fail told of what `tell` throws, which ends no transfer */
  constructor(
    clock: Clock,
    tell?: ((progress: TransferProgress) => unknown) | undefined,
    fail: (error: PosthouseError) => void = () => undefined,
  ) {
    this.#clock = clock
    this.#tell = tell
    this.#fail = fail
  }

  /** Tells of a folder's files, too. */
  ofFiles(total: number, bytes: number): void {
    this.#files = { done: 0, total }
    this.#total = bytes
  }

  fileDone(): void {
    if (this.#files) this.#files.done++
    this.#say()
  }

  /** So many bytes more have been moved; fewer than none where they have to be moved again. */
  add(bytes: number): void {
    this.#bytes += bytes
    this.#say()
  }

  /** So many bytes need not be moved, or have been moved in an earlier life. */
  skip(bytes: number): void {
    this.#skipped += bytes
    this.add(bytes)
  }

  /** All of it has to be moved again. */
  restart(): void {
    this.#bytes = this.#skipped = 0
    this.#samples.length = 0
  }

  /** The total is known only now. */
  expect(total: number): void {
    this.#total = total
  }

  /** The last word. */
  end(): void {
    this.#total ??= this.#bytes
    this.#toldAt = Number.NEGATIVE_INFINITY
    this.#say()
  }

  #say(): void {
    if (this.#tell === undefined) return
    const now = this.#clock.elapsed()
    if (now - this.#toldAt < everyMs) return
    this.#toldAt = now
    void this.#call(this.#tell, this.#progress(now))
  }

  async #call(tell: (progress: TransferProgress) => unknown, progress: TransferProgress): Promise<void> {
    try {
      await tell(progress)
    } catch (error) {
      this.#fail(toPosthouseError(error, 'handler_failed'))
    }
  }

  #progress(now: number): TransferProgress {
    const moved = this.#bytes - this.#skipped
    this.#samples.push({ at: now, bytes: moved })
    while (this.#samples.length > 2 && now - (this.#samples[1]?.at ?? now) >= spanMs) this.#samples.shift()
    const first = this.#samples[0] ?? { at: now, bytes: moved }
    const rate = now > first.at ? Math.max(0, ((moved - first.bytes) * 1000) / (now - first.at)) : 0
    const total = this.#total
    const left = total === undefined ? undefined : Math.max(0, total - this.#bytes)
    return {
      bytes: this.#bytes,
      ...(total !== undefined && { total }),
      bytesPerSecond: Math.round(rate),
      ...(left !== undefined && (rate > 0 || left === 0) && { remainingMs: left && Math.round((left * 1000) / rate) }),
      ...(this.#files && { files: { ...this.#files } }),
    }
  }
}
