import { PosthouseError } from '@posthouse/core'

/** One event of a stream, as the HTML standard has it. */
export interface ServerSentEvent {
  /** Its type; `message` where the server names none. */
  readonly type: string
  readonly data: string
  /** The last id that came, with this event or with one before; empty where none did. */
  readonly id: string
}

/** What becomes of the lines of an event stream. */
export interface EventParserOptions {
  readonly onEvent: (event: ServerSentEvent) => void
  /** The server says how long to wait before a reconnection, in milliseconds. */
  readonly onRetry?: (ms: number) => void
  /** Characters that one event may have. Default 1 Mi. */
  readonly maxEventLength?: number
}

/** The standard leaves out ids with NUL; no header can carry the others either. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: These are what must not get into a header.
const unsendable = /[\0-\x08\x0b-\x1f\x7f]/

/** Reads an event stream (WHATWG HTML, section 9.2.6) from pieces that may end anywhere. */
export class EventParser {
  readonly #options: EventParserOptions
  readonly #most: number
  readonly #decoder = new TextDecoder()
  #rest = ''
  #afterCarriageReturn = false
  #data: string[] = []
  #length = 0
  #type = ''
  #pendingId = ''
  #id = ''

  /** @param lastEventId the id that the stream goes on from. */
  constructor(options: EventParserOptions, lastEventId = '') {
    this.#options = options
    this.#most = options.maxEventLength ?? 1024 * 1024
    this.#pendingId = lastEventId
    this.#id = lastEventId
  }

  /** The id of the last complete event. */
  get lastEventId(): string {
    return this.#id
  }

  /** Takes the next bytes. A stream that ends in the middle of an event leaves that one out. @throws `response_too_large` */
  push(bytes: Uint8Array): void {
    let text = this.#decoder.decode(bytes, { stream: true })
    if (text === '') return
    if (this.#afterCarriageReturn && text.startsWith('\n')) text = text.slice(1)
    this.#afterCarriageReturn = text.endsWith('\r')
    const [first = '', ...others] = text.split(/\r\n|\n|\r/)
    // What waits for the end of its line is not looked through again: it may come in very many pieces.
    this.#rest += first
    for (const next of others) {
      this.#line(this.#rest)
      this.#rest = next
    }
    this.#measure(this.#rest.length)
  }

  #line(line: string): void {
    if (line === '') this.#dispatch()
    else this.#field(line)
  }

  #field(line: string): void {
    const colon = line.indexOf(':')
    if (colon === 0) return
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') this.#addData(value)
    else if (name === 'event') this.#type = value
    else if (name === 'id' && !unsendable.test(value)) this.#pendingId = value
    else if (name === 'retry' && /^\d+$/.test(value)) this.#options.onRetry?.(Number(value))
  }

  #addData(value: string): void {
    this.#data.push(value)
    this.#length += value.length + 1
    this.#measure(0)
  }

  #measure(open: number): void {
    if (this.#length + open <= this.#most) return
    throw new PosthouseError('response_too_large', `an event has more than ${this.#most} characters`)
  }

  #dispatch(): void {
    this.#id = this.#pendingId
    const data = this.#data
    const type = this.#type || 'message'
    this.#data = []
    this.#length = 0
    this.#type = ''
    if (data.length > 0) this.#options.onEvent({ type, data: data.join('\n'), id: this.#id })
  }
}
