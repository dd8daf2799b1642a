import { bytesToBase64, type Clock, PosthouseError, toPosthouseError } from '@posthouse/core'
import { throwIfAborted } from '@posthouse/core/policy'
import { answerError, readBody, reprDigest } from './answer-error.ts'
import type { Grant } from './grant.ts'
import type { Answer, Exchange, FilePlatform, Sha256 } from './platform.ts'
import type { Meter } from './progress.ts'
import { StallGuard } from './stall-guard.ts'
import type { TransferGate } from './transfer-gate.ts'
import type { UploadSource } from './upload-source.ts'

/** What an upload needs of its surroundings. */
export interface UploadHost {
  readonly platform: Pick<FilePlatform, 'exchange' | 'sha256' | 'requestBytes'>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly idleMs: number
  readonly gate: TransferGate | undefined
  readonly meter: Meter
  /** A grant that lasts, asked for again where `old` did not. */
  grant(old?: Grant): Promise<Grant>
}

/** What is told of an upload when it begins. */
export interface UploadFacts {
  readonly name: string
  readonly type: string
  /** Where it is known before. */
  readonly sha256?: string
  /** In a folder. */
  readonly path?: string
  /** Where it will be. */
  readonly locate: (grant: Grant) => string
  /** Whether an earlier life may have begun it. */
  readonly resumed?: boolean
}

/** An upload that has come to its end. */
export interface Uploaded {
  readonly size: number
  /** Of what was read here. */
  readonly sha256: string
  /** Of what arrived there, where it was said. */
  readonly arrived?: string
  /** Where it is. */
  readonly location: string
}

/** What fits into one request together with the words that begin it. */
const smallBytes = 1_048_576
/** What is kept of a stream until the other end has it. */
const windowBytes = 8 * 1_048_576
const version = '1.0.0'
const most = 65_536
/** How long whoever has failed waits for what has arrived to be taken away, in milliseconds. */
const abandonMs = 2000

/** One upload of one source in the words of tus 1.0, over as many connections as it takes. */
export class TusUpload {
  readonly #source: UploadSource
  readonly #facts: UploadFacts
  readonly #host: UploadHost
  readonly #hash: Sha256
  /** Up to where the source was put into the hash. */
  #hashed = 0
  /** Up to where the other end has it. */
  #offset = 0
  /** Up to where progress was told. */
  #counted = 0
  #size: number | undefined
  #location: string | undefined
  #grant: Grant | undefined
  /** What a stream has given and the other end may not have. */
  #window: Uint8Array = new Uint8Array(0)
  #arrived: string | undefined
  #begun = 0
  /** The farthest that it has been. */
  #best = 0
  #progressed: () => void = () => undefined

  constructor(source: UploadSource, facts: UploadFacts, host: UploadHost) {
    this.#source = source
    this.#facts = facts
    this.#host = host
    this.#hash = host.platform.sha256()
    this.#size = source.size
  }

  /**
   * Goes on where it is until it is complete. To be called again after a failure that passes.
   * @param progressed told when the other end has more of it than before.
   * @throws PosthouseError
   */
  async run(progressed: () => void): Promise<Uploaded> {
    this.#grant = await this.#host.grant()
    this.#progressed = progressed
    if (this.#begun === 0 && this.#facts.resumed) this.#location ??= this.#facts.locate(this.#grant)
    try {
      if (this.#location === undefined) await this.#begin()
      else await this.#look()
      while (!this.#complete) await this.#send()
    } catch (cause) {
      const error = toPosthouseError(cause)
      if (error.code === 'token_expired') await this.#host.grant(this.#grant)
      throw error
    }
    await this.#hashTo(this.#offset)
    const sha256 = this.#hash.digest()
    const location = this.#location ?? this.#facts.locate(this.#grantNow)
    return { size: this.#offset, sha256, location, ...(this.#arrived !== undefined && { arrived: this.#arrived }) }
  }

  /** Has what has arrived taken away, as nobody will go on with it. Where that fails, it goes when it has had its time. */
  async abandon(): Promise<void> {
    const { clock, platform } = this.#host
    if (this.#location === undefined || this.#complete) return
    using guard = new StallGuard(clock, abandonMs, new AbortController().signal)
    const headers = { 'tus-resumable': version, authorization: `Bearer ${this.#grantNow.token}` }
    const { signal } = guard
    await platform
      .exchange({ method: 'DELETE', url: this.#location, headers, signal })
      .then((answer) => readBody(answer, most))
      .catch(() => undefined)
  }

  get #complete(): boolean {
    return this.#location !== undefined && this.#size === this.#offset
  }

  async #begin(): Promise<void> {
    if (this.#begun++ > 2) throw new PosthouseError('unknown_file', 'the upload was removed again and again')
    try {
      await this.#create()
    } catch (cause) {
      const error = toPosthouseError(cause)
      if (error.code !== 'key_in_use' || this.#size === undefined) throw error
      // It was completed, and the answer that said so was lost.
      this.#location = this.#facts.locate(this.#grantNow)
      this.#offset = this.#size
      this.#host.meter.add(this.#offset - this.#counted)
      this.#counted = this.#offset
    }
  }

  async #create(): Promise<void> {
    const size = this.#size
    const small = size !== undefined && this.#source.seekable && size <= smallBytes
    const end = small ? size : 0
    this.#offset = 0
    const answer = await this.#ask(
      'POST',
      this.#grantNow.url,
      {
        ...(size === undefined ? { 'upload-defer-length': '1' } : { 'upload-length': String(size) }),
        'upload-metadata': metadata(this.#facts),
        ...(end > 0 && { 'content-type': 'application/offset+octet-stream' }),
        'content-length': String(end),
      },
      end > 0 ? { start: 0, end } : undefined,
    )
    const location = answer.header('location')
    if (location === undefined) throw new PosthouseError('bad_response', 'the upload was begun, but nobody said where')
    this.#location = new URL(location, this.#grantNow.url).href
    this.#reached(answer.header('upload-offset') ?? '0', answer)
    await readBody(answer, most)
  }

  /** Asks how far it is. What is not there any more is begun anew. */
  async #look(): Promise<void> {
    try {
      const answer = await this.#ask('HEAD', this.#location ?? '', {})
      await readBody(answer, most)
      const length = answer.header('upload-length')
      if (this.#size !== undefined && length !== undefined && Number(length) !== this.#size) {
        throw new PosthouseError('unknown_file', 'what is there is another upload')
      }
      this.#reached(answer.header('upload-offset'), answer)
    } catch (cause) {
      const error = toPosthouseError(cause)
      if (error.code !== 'unknown_file' || !(this.#source.seekable || this.#offset === 0)) throw error
      this.#location = undefined
      await this.#begin()
    }
  }

  async #send(): Promise<void> {
    const last = this.#source.seekable ? undefined : await this.#fill()
    const start = this.#offset
    const size = this.#size ?? start + this.#window.length
    const end = this.#source.seekable
      ? Math.min(size, start + Math.min(this.#grantNow.chunkBytes, this.#host.platform.requestBytes))
      : start + this.#window.length
    const answer = await this.#ask(
      'PATCH',
      this.#location ?? '',
      {
        'content-type': 'application/offset+octet-stream',
        'content-length': String(end - start),
        'upload-offset': String(start),
        ...(last && { 'upload-length': String(end) }),
      },
      { start, end },
    )
    if (last) this.#size = end
    this.#reached(answer.header('upload-offset'), answer)
    await readBody(answer, most)
  }

  /** Takes from a stream what fits, and says whether that is its end. */
  async #fill(): Promise<boolean> {
    const pieces = [this.#window]
    let length = this.#window.length
    const start = this.#offset + length
    if (length < windowBytes) {
      for await (const piece of this.#source.read(start, this.#offset + windowBytes)) {
        this.#hash.update(piece)
        // The stream may use its chunk again.
        pieces.push(piece.slice())
        length += piece.length
      }
    }
    this.#hashed = this.#offset + length
    this.#window = joined(pieces, length)
    return length < windowBytes
  }

  #reached(field: string | undefined, answer: Answer): void {
    const offset = Number(field)
    if (field === undefined || !Number.isSafeInteger(offset) || offset < 0 || offset > (this.#size ?? offset)) {
      throw new PosthouseError('bad_response', `the upload cannot be at ${String(field)}`)
    }
    if (!this.#source.seekable) this.#window = this.#window.subarray(this.#inWindow(offset))
    this.#offset = offset
    if (offset > this.#best) {
      this.#best = offset
      this.#progressed()
    }
    this.#host.meter.add(offset - this.#counted)
    this.#counted = offset
    this.#arrived = reprDigest(answer.header('repr-digest')) ?? this.#arrived
  }

  /** A stream cannot be read again, so the other end must not have lost what it said it had. */
  #inWindow(offset: number): number {
    const passed = offset - this.#offset
    if (passed >= 0 && passed <= this.#window.length) return passed
    throw new PosthouseError('source_failed', 'the hub lost a part of a stream that cannot be read again')
  }

  async #ask(
    method: Exchange['method'],
    url: string,
    headers: Readonly<Record<string, string>>,
    range?: { readonly start: number; readonly end: number },
  ): Promise<Answer> {
    const { clock, idleMs, signal, gate, platform } = this.#host
    await gate?.passed()
    const guard = new StallGuard(clock, idleMs, signal)
    try {
      const answer = await platform.exchange({
        method,
        url,
        headers: { 'tus-resumable': version, authorization: `Bearer ${this.#grantNow.token}`, ...headers },
        signal: guard.signal,
        ...(range && { body: this.#content(range.start, range.end, guard) }),
      })
      if (answer.status >= 300) throw await answerError(answer, `${method} of an upload`)
      return answer
    } finally {
      guard[Symbol.dispose]()
    }
  }

  /** What is in memory and goes in one request needs no stream. */
  #content(start: number, end: number, guard: StallGuard): Uint8Array | AsyncIterable<Uint8Array> {
    const { bytes } = this.#source
    if (bytes === undefined || start > 0 || end < bytes.length || end > smallBytes) return this.#body(start, end, guard)
    this.#take(0, bytes)
    return bytes
  }

  async *#body(start: number, end: number, guard: StallGuard): AsyncGenerator<Uint8Array, void, undefined> {
    const { gate, meter } = this.#host
    await this.#hashTo(start)
    let at = start
    for await (const piece of this.#pieces(start, end)) {
      if (gate?.paused) await guard.held(gate.passed())
      if (this.#source.seekable) this.#take(at, piece)
      at += piece.length
      // Before the last bytes leave: afterwards the other end would have a file.
      if (at === this.#size) await this.#source.verify()
      guard.moved()
      yield piece
      const fresh = Math.max(0, at - this.#counted)
      meter.add(fresh)
      this.#counted += fresh
    }
  }

  #pieces(start: number, end: number): AsyncIterable<Uint8Array> {
    return this.#source.seekable ? this.#source.read(start, end) : inPieces(this.#window)
  }

  /** Puts what is new in a piece into the hash. */
  #take(at: number, piece: Uint8Array): void {
    const known = this.#hashed - at
    if (known >= piece.length) return
    this.#hash.update(piece.subarray(Math.max(0, known)))
    this.#hashed = at + piece.length
  }

  /** What an earlier life has sent is read again, so that the whole can be held against what arrived. */
  async #hashTo(offset: number): Promise<void> {
    if (this.#hashed >= offset || !this.#source.seekable) return
    for await (const piece of this.#source.read(this.#hashed, offset)) {
      this.#hash.update(piece)
      this.#hashed += piece.length
      throwIfAborted(this.#host.signal)
    }
  }

  get #grantNow(): Grant {
    if (this.#grant === undefined) throw new PosthouseError('internal', 'an upload needs a grant')
    return this.#grant
  }
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = pieces.filter((piece) => piece.length > 0)
  if (only?.length === length) return only
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** tus 1.0, "Upload-Metadata". */
function metadata({ name, type, sha256, path }: UploadFacts): string {
  const pairs = Object.entries({ filename: name, filetype: type, sha256, path })
  return pairs
    .flatMap(([key, value]) =>
      value === undefined ? [] : [`${key} ${bytesToBase64(new TextEncoder().encode(value))}`],
    )
    .join(',')
}
