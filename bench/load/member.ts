import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { bodyOf } from './body.ts'
import { MessageSplitter } from './durable/messages.ts'
import { clientFrame, upgradeRequest } from './web-socket.ts'

/** A position in a stream. */
interface Place {
  readonly epoch: string
  readonly seq: number
}

/** What a hub says, as far as it is read here. */
interface Frame {
  readonly op: string
  readonly stream?: string
  readonly seq?: number
  readonly n?: number
  readonly body?: string
  readonly session?: string
  readonly resumeToken?: string
  readonly resumed?: boolean
  readonly gaps?: readonly unknown[]
  readonly positions?: Readonly<Record<string, Place>>
}

/** What a member is made with. */
export interface MemberOptions {
  readonly port: number
  readonly client: string
  /** Length of the bodies that it is to be sent. */
  readonly bodyBytes: number
}

/**
 * A v1 JSON client that comes and goes: it resumes its session, acknowledges what it was given, once for each read, and
 * sends again what was not confirmed. The messages for it must be numbered from 0.
 */
export class Member {
  /** Messages that have come, each once and in order. */
  received = 0
  /** Messages of its own that are kept. */
  confirmed = 0
  sent = 0
  /** Told when messages have come or were confirmed, and when the server has gone. */
  onNews: () => void = () => undefined
  readonly #options: MemberOptions
  readonly #unconfirmed = new Map<number, Buffer>()
  #socket: Socket | undefined
  #session: { readonly session: string; readonly token: string } | undefined
  /** What it has processed, by stream. */
  #positions: Record<string, Place> = {}
  #acknowledged = this.#positions
  #welcomed: (() => void) | undefined
  #error: string | undefined

  constructor(options: MemberOptions) {
    this.#options = options
  }

  /** What has gone wrong first, if anything. */
  get error(): string | undefined {
    return this.#error
  }

  get connected(): boolean {
    return this.#socket !== undefined
  }

  /** Connects and resolves when it is welcomed; rejects where there is no server. */
  async join(): Promise<void> {
    const socket = connect({ port: this.#options.port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const lost = once(socket, 'close').then(() => Promise.reject(new Error('the server is gone')))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#lost(socket))
    socket.write(upgradeRequest('/', 'posthouse.v1.json'))
    this.#socket = socket
    const welcome = Promise.withResolvers<void>()
    this.#welcomed = welcome.resolve
    this.#read(socket)
    await Promise.race([welcome.promise, lost])
    lost.catch(() => undefined)
    for (const message of this.#unconfirmed.values()) socket.write(message)
  }

  /** Cuts the connection without a word. */
  cut(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.resetAndDestroy()
  }

  /** Ends the session, and resolves when the hub has closed the connection. */
  async leave(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined) return
    const closed = once(socket, 'close')
    this.#say({ op: 'bye' })
    await closed
  }

  /** Sends a body, now or when it is connected. */
  send(to: string, body: string): void {
    const n = ++this.sent
    const frame = JSON.stringify({ op: 'send', id: `${this.#options.client}-${n}`, to, type: 'text', n, body })
    const message = clientFrame(Buffer.from(frame), 'text')
    this.#unconfirmed.set(n, message)
    this.#socket?.write(message)
  }

  #read(socket: Socket): void {
    const splitter = new MessageSplitter()
    let head: string | undefined = ''
    socket.on('data', (chunk) => {
      if (socket !== this.#socket) return
      let rest = chunk
      if (head !== undefined) {
        head += chunk.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        rest = Buffer.from(head.slice(end + 4), 'latin1')
        head = undefined
        this.#hello()
      }
      splitter.split(rest, (payload) => this.#take(payload))
      if (head === undefined) this.#acknowledge()
      this.onNews()
    })
  }

  #acknowledge(): void {
    for (const [stream, { seq }] of Object.entries(this.#positions)) {
      if (seq > (this.#acknowledged[stream]?.seq ?? 0)) this.#say({ op: 'ack', stream, seq })
    }
    this.#acknowledged = this.#positions
  }

  #hello(): void {
    const { client } = this.#options
    const resume = this.#session && { ...this.#session, positions: this.#positions }
    this.#say({ op: 'hello', client, caps: [], producer: client, ...(resume && { resume }) })
  }

  #say(frame: object): void {
    this.#socket?.write(clientFrame(Buffer.from(JSON.stringify(frame)), 'text'))
  }

  #take(payload: Buffer): void {
    // What is no JSON is a close: its first two bytes are a code.
    if (payload[0] !== 0x7b && payload[0] !== 0x5b) {
      this.#socket?.write(clientFrame(payload.subarray(0, 2), 'close'))
      return
    }
    const frames = JSON.parse(payload.toString()) as Frame | readonly Frame[]
    for (const frame of Array.isArray(frames) ? (frames as readonly Frame[]) : [frames as Frame]) {
      if (frame.op === 'deliver') this.#deliver(frame)
      else if (frame.op === 'welcome') this.#welcome(frame)
      else if (frame.op === 'sent' && !('error' in frame)) this.#confirm(frame.n ?? 0)
      else this.#fail(`was told ${payload.toString('latin1', 0, 200)}`)
    }
  }

  #welcome({ session = '', resumeToken = '', resumed, gaps, positions }: Frame): void {
    if (this.#session !== undefined && !resumed) this.#fail('lost its session')
    if (gaps !== undefined) this.#fail(`was told of gaps: ${JSON.stringify(gaps)}`)
    this.#session = { session, token: resumeToken }
    this.#positions = { ...positions }
    this.#acknowledged = this.#positions
    this.#welcomed?.()
  }

  #deliver({ body = '', stream = 'inbox', seq = 0 }: Frame): void {
    const due = bodyOf(0, this.received, this.#options.bodyBytes)
    if (body !== due) this.#fail(`was given ${body.slice(0, 16)} where ${due.slice(0, 16)} was due`)
    this.received++
    this.#positions = { ...this.#positions, [stream]: { epoch: this.#positions.inbox?.epoch ?? '', seq } }
  }

  #confirm(until: number): void {
    for (const n of this.#unconfirmed.keys()) {
      if (n > until) break
      this.#unconfirmed.delete(n)
      this.confirmed++
    }
  }

  #lost(socket: Socket): void {
    if (socket !== this.#socket) return
    this.#socket = undefined
    this.onNews()
  }

  #fail(what: string): void {
    this.#error ??= `${this.#options.client} ${what}`
  }
}

/** Members that connect at the same time. */
const atOnce = 50

/** Connects all, some at a time. */
export async function joinAll(members: Iterable<Member>): Promise<void> {
  await forAll(members, (member) => member.join())
}

/** Does something with each, some at a time. */
export async function forAll(members: Iterable<Member>, act: (member: Member) => Promise<void>): Promise<void> {
  const iterator = members[Symbol.iterator]()
  const go = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await act(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, go))
}
