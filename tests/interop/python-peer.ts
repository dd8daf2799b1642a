import { isRecord, type JsonLine, type JsonLineProcess, type WaitOptions } from './json-line-process.ts'
import { becomeReady, type PythonOptions, startPython } from './python-process.ts'

export type { WaitOptions } from './json-line-process.ts'
export { PYTHON_PEERS_MISSING, type PythonOptions, pythonPeersAvailable } from './python-process.ts'
export { PythonServer } from './python-server.ts'

/** Where and as whom a peer logs in. */
export interface LoginOptions {
  readonly port: number
  /** Default: `127.0.0.1`. */
  readonly host?: string
  /** Client id. Default: the one that the library makes up. */
  readonly id?: string
  /** Seconds. Default: 30. */
  readonly heartbeatInterval?: number
  /** Seconds. Default: 60. */
  readonly heartbeatTimeout?: number
  /** Folder into which received files are downloaded. Default: they are not downloaded. */
  readonly downloadDirectory?: string
}

/** The types that the library lets its users send. */
type PeerMessageType = 'text' | 'json' | 'dict' | 'bytes' | 'image' | 'file' | 'folder'

/** A message to send: `content` as a plain value or as bytes, or `json` where the exact spelling matters (NaN, 1.0). */
export type OutgoingMessage = {
  readonly type: PeerMessageType
  /** Recipient. Default: `all`. */
  readonly to?: string
} & ({ readonly content: unknown } | { readonly json: string })

/** A message as the library handed it to a listener; the names are the wire's. */
export interface PeerMessage {
  readonly msg_id: string
  readonly from_client_id: string
  readonly to_client_id: string
  readonly msg_type: string
  /** Bytes for a decoded bytes message, otherwise the JSON value; undefined when only Python can read it (NaN). */
  readonly content: unknown
  /** The content as Python spells it; undefined for bytes. */
  readonly contentJson: string | undefined
  readonly timestamp: number
  readonly oss_key: string | null
}

/** What `list_clients` returned; the names are the wire's. */
export interface PeerClientList {
  readonly clients: readonly {
    readonly client_id: string
    readonly status: 'online' | 'offline'
    readonly last_heartbeat: number
    readonly login_time: number | null
  }[]
  readonly total_count: number
  readonly only_show_online: boolean
}

/** How a peer's link ended. */
export interface PeerClose {
  readonly code: number
  readonly reason: string
}

type MessageLine = JsonLine & Omit<PeerMessage, 'content' | 'contentJson'>

/** A real client of the original library in its own process; dispose ends the process without a logout. */
export class PythonPeer implements AsyncDisposable {
  readonly #python: JsonLineProcess
  #requests = 0
  #id = ''

  private constructor(python: JsonLineProcess) {
    this.#python = python
  }

  /** Starts the process and waits until the library is imported. */
  static async start(options: PythonOptions = {}): Promise<PythonPeer> {
    const python = startPython('peer.py', [], options)
    await becomeReady(python, 'ready')
    return new PythonPeer(python)
  }

  /** The client id of the last login; empty before it. */
  get id(): string {
    return this.#id
  }

  /** What the library printed so far, without colours. */
  get log(): string {
    return this.#python.stderr
  }

  /** Logs in with a new client object; false when the library could not connect. */
  async login({ host = '127.0.0.1', port, id, ...rest }: LoginOptions): Promise<boolean> {
    const answer = await this.#ask('login', {
      host,
      port,
      id,
      heartbeat_interval: rest.heartbeatInterval,
      heartbeat_timeout: rest.heartbeatTimeout,
      download_directory: rest.downloadDirectory,
    })
    this.#id = String(answer.client_id)
    return answer.ok === true
  }

  /** Sends a message; the answer is the library's: true once it is written to the socket. */
  async send({ type, to, ...body }: OutgoingMessage): Promise<boolean> {
    const answer = await this.#ask('send', { type, to, ...wireContent(body) })
    return answer.ok === true
  }

  /** Asks for the clients; undefined when no answer came within the library's timeout, in milliseconds (5,000). */
  async list(onlyShowOnline: boolean = true, timeoutMs: number = 5_000): Promise<PeerClientList | undefined> {
    const fields = { only_show_online: onlyShowOnline, timeout: timeoutMs / 1000 }
    const { result } = await this.#ask('list', fields, { timeoutMs: timeoutMs + 10_000 })
    return isClientList(result) ? result : undefined
  }

  /** Logs out and closes the link with 1000; does nothing when the library thinks that it is not connected. */
  async logout(): Promise<void> {
    await this.#ask('logout')
  }

  /** Aborts the TCP connection without a close frame. */
  async drop(): Promise<void> {
    await this.#ask('drop')
  }

  /** The messages that arrived and that `next` did not hand out yet, oldest first. */
  messages(): readonly PeerMessage[] {
    return this.#python.lines.filter(isMessageLine).map(toMessage)
  }

  /** Takes the first message that matches, now or later. `login_response` is a message like the others. */
  async next(matches: (message: PeerMessage) => boolean = () => true, wait?: WaitOptions): Promise<PeerMessage> {
    const wanted = (line: JsonLine): line is MessageLine => isMessageLine(line) && matches(toMessage(line))
    return toMessage(await this.#python.take(wanted, wait))
  }

  /** Takes the end of a link: resolves when the socket is closed, from either side; 1006 after `drop`. */
  async closed(wait?: WaitOptions): Promise<PeerClose> {
    const { code, reason } = await this.#python.take((line) => line.event === 'closed', wait)
    return { code: Number(code), reason: String(reason) }
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#python[Symbol.asyncDispose]()
  }

  async #ask(command: string, fields: JsonLine = {}, wait?: WaitOptions): Promise<JsonLine> {
    const request = ++this.#requests
    this.#python.send({ command, request, ...fields })
    const answer = await this.#python.take((line) => line.request === request, wait)
    if (answer.event === 'error') throw new Error(`${answer.message}\nstderr:\n${this.log}`)
    return answer
  }
}

function wireContent(body: { readonly content: unknown } | { readonly json: string }): JsonLine {
  if ('json' in body) return { content_json: body.json }
  if (body.content instanceof Uint8Array) return { base64: Buffer.from(body.content).toString('base64') }
  return { content: body.content }
}

function isMessageLine(line: JsonLine): line is MessageLine {
  return line.event === 'message' // peer.py writes the rest, as the library accepted it from the sender
}

function toMessage(line: MessageLine): PeerMessage {
  const { msg_id, from_client_id, to_client_id, msg_type, timestamp, oss_key, content_json, content_base64 } = line
  const contentJson = typeof content_json === 'string' ? content_json : undefined
  const content = contentJson === undefined ? Buffer.from(String(content_base64), 'base64') : readJson(contentJson)
  return { msg_id, from_client_id, to_client_id, msg_type, content, contentJson, timestamp, oss_key }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // NaN and Infinity, which Python writes and JSON does not have
  }
}

function isClientList(value: unknown): value is PeerClientList {
  return isRecord(value) && Array.isArray(value.clients)
}
