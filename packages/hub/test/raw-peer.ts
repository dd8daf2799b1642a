import { decode, encode } from '@msgpack/msgpack'
import { Arrivals } from './arrivals.ts'
import { type Closed, RawSocket, type RawSocketOptions } from './raw-socket.ts'

/** A frame as a test reads it. */
export type Frame = Readonly<Record<string, unknown>>

/** How a v1 peer connects. */
export interface RawPeerOptions extends RawSocketOptions {
  /** Default `json`. */
  readonly dialect?: 'json' | 'msgpack'
  /** Fields of the hello besides the client, or instead of the usual ones. */
  readonly hello?: Frame
  /** Frames in the same message as the hello. */
  readonly behind?: readonly Frame[]
}

/** A v1 peer that speaks frames and keeps no rules of its own. Dispose cuts its connection. */
export class RawPeer implements AsyncDisposable {
  readonly client: string
  readonly raw: RawSocket
  readonly frames: Arrivals<Frame> = new Arrivals('a frame')
  /** How many frames each WebSocket message held. */
  readonly bursts: number[] = []
  readonly #dialect: 'json' | 'msgpack'
  #pings = 0

  private constructor(client: string, raw: RawSocket, dialect: 'json' | 'msgpack') {
    this.client = client
    this.raw = raw
    this.#dialect = dialect
    raw.socket.on('message', (data) => this.#receive(Buffer.from(data as Buffer)))
    raw.socket.on('close', (code, reason) => this.frames.end(`closed with ${code} ${reason}`))
  }

  /** Connects and says hello. `welcome` is the first frame to come. */
  static async hello(url: string, client: string, options: RawPeerOptions = {}): Promise<RawPeer> {
    const { dialect = 'json', hello = {}, behind = [], subprotocols = [`posthouse.v1.${dialect}`], ...rest } = options
    const raw = await RawSocket.open(url, { subprotocols, ...rest })
    const peer = new RawPeer(client, raw, dialect)
    peer.send({ op: 'hello', client, caps: [], producer: 'p1', ...hello }, ...behind)
    return peer
  }

  /** Connects and waits for the welcome, which is returned beside the peer. */
  static async welcomed(url: string, client: string, options: RawPeerOptions = {}): Promise<readonly [RawPeer, Frame]> {
    const peer = await RawPeer.hello(url, client, options)
    return [peer, await peer.next('welcome')]
  }

  /** Connects and takes the welcome away. */
  static async login(url: string, client: string, options: RawPeerOptions = {}): Promise<RawPeer> {
    const [peer] = await RawPeer.welcomed(url, client, options)
    return peer
  }

  /** Sends frames in one message; a single one as itself. */
  send(...frames: readonly Frame[]): void {
    const value = frames.length === 1 ? frames[0] : frames
    this.raw.send(this.#dialect === 'json' ? JSON.stringify(value) : encode(value, { ignoreUndefined: true }))
  }

  /** Takes the next frame of an op, or that satisfies `matches`. */
  next(wanted: string | ((frame: Frame) => boolean)): Promise<Frame> {
    return this.frames.take(typeof wanted === 'string' ? (frame) => frame.op === wanted : wanted)
  }

  /** Takes the next deliveries. */
  async deliveries(count: number): Promise<Frame[]> {
    const taken: Frame[] = []
    while (taken.length < count) taken.push(await this.next('deliver'))
    return taken
  }

  /** Sends a message and waits until the hub has answered it. */
  async publish(to: string, n: number, fields: Frame = {}): Promise<Frame> {
    this.send(message(to, n, fields))
    return this.next((frame) => frame.op === 'sent' && Number(frame.n) >= n)
  }

  /** Takes all frames that came before the answer to a ping that is sent now. */
  async settled(): Promise<Frame[]> {
    const id = `settled-${++this.#pings}`
    this.send({ op: 'ping', id })
    await this.next((frame) => frame.op === 'pong' && frame.id === id)
    return this.frames.drain()
  }

  ack(frame: Frame): void {
    this.send({ op: 'ack', stream: frame.stream, seq: frame.seq })
  }

  closed(): Promise<Closed> {
    return this.raw.closed()
  }

  /** Cuts the TCP connection. */
  cut(): Promise<Closed> {
    return this.raw.cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut()
  }

  #receive(data: Buffer): void {
    const value: unknown = this.#dialect === 'json' ? JSON.parse(String(data)) : decode(data)
    const frames = (Array.isArray(value) ? value : [value]) as Frame[]
    this.bursts.push(frames.length)
    this.frames.push(...frames)
  }
}

/** A text message. */
export function message(to: string, n: number, fields: Frame = {}): Frame {
  return { op: 'send', id: `m${n}`, to, type: 'text', body: `text ${n}`, n, ...fields }
}

/** What `resume` in a hello must say to go on from a welcome. */
export function resume(welcome: Frame, positions: unknown = welcome.positions): Frame {
  return { resume: { session: welcome.session, token: welcome.resumeToken, positions } }
}

/** The code of the error that a frame tells of. */
export function codeOf(frame: Frame): unknown {
  const { error } = frame
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : frame.code
}
