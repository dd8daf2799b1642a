import { type Closed, RawSocket, type RawSocketOptions } from './raw-socket.ts'

/** A cross_comm frame as a test reads it. */
export interface CrossCommMessage {
  readonly msg_id: unknown
  readonly from_client_id: unknown
  readonly to_client_id: unknown
  readonly msg_type: unknown
  readonly content: unknown
  readonly timestamp: unknown
  readonly oss_key: unknown
}

let made = 0

/** A frame as the Python original spells it; `fields` overrule, and `undefined` leaves a key out. */
export function crossComm(
  type: string,
  from: string,
  to: string,
  fields: Readonly<Record<string, unknown>> = {},
): string {
  const frame = {
    msg_id: `${from}_1795167060574_${String(++made).padStart(8, '0')}`,
    from_client_id: from,
    to_client_id: to,
    msg_type: type,
    content: 'hello',
    timestamp: 1795167060.5746202,
    oss_key: null,
    ...fields,
  }
  return JSON.stringify(frame)
}

/** A program that speaks cross_comm: every frame is its text. Dispose cuts its connection. */
export class CrossCommClient implements AsyncDisposable {
  readonly id: string
  readonly raw: RawSocket

  private constructor(id: string, raw: RawSocket) {
    this.id = id
    this.raw = raw
  }

  /** Connects and says nothing. */
  static async open(url: string, id: string, options: RawSocketOptions = {}): Promise<CrossCommClient> {
    return new CrossCommClient(id, await RawSocket.open(url, options))
  }

  /** Connects, logs in and takes the answer away. */
  static async login(url: string, id: string, options: RawSocketOptions = {}): Promise<CrossCommClient> {
    const client = await CrossCommClient.open(url, id, options)
    await client.login()
    return client
  }

  /** Logs in, also under another id, and returns the answer. */
  async login(id: string = this.id): Promise<CrossCommMessage> {
    this.send(crossComm('login', id, 'server', { content: {} }))
    return this.next()
  }

  send(text: string | Uint8Array): void {
    this.raw.send(text)
  }

  /** Sends a text message. */
  say(to: string, content: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    this.send(crossComm('text', this.id, to, { content, ...fields }))
  }

  heartbeat(): void {
    this.send(crossComm('heartbeat', this.id, 'server', { content: {} }))
  }

  logout(): void {
    this.send(crossComm('logout', this.id, 'server', { content: {} }))
  }

  /** The next frame as it came. */
  nextText(): Promise<string> {
    return this.raw.text()
  }

  async next(): Promise<CrossCommMessage> {
    return JSON.parse(await this.nextText())
  }

  /** The frames that came before the answer to a question that is asked now, as texts. */
  async settled(): Promise<string[]> {
    this.send(crossComm('list_clients', this.id, 'server', { content: '{}' }))
    const before: string[] = []
    for (;;) {
      const text = await this.nextText()
      if (text.includes('"list_clients_response"')) return before
      before.push(text)
    }
  }

  /** Waits until everything that was sent so far has been routed: a message to itself comes behind it. */
  async routed(): Promise<void> {
    const content = `routed ${++made}`
    this.say(this.id, content)
    await this.raw.messages.take(({ data }) => data.includes(content))
  }

  closed(): Promise<Closed> {
    return this.raw.closed()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.raw[Symbol.asyncDispose]()
  }
}
