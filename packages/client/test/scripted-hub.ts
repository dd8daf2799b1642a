import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { HubClient, type HubClientOptions } from '@posthouse/client'
import type { PosthouseError } from '@posthouse/core'
import {
  type ClientFrame,
  type HelloFrame,
  type HubFrame,
  jsonHubCodec,
  type Limits,
  type WelcomeFrame,
} from '@posthouse/protocol'
import { type WebSocket, WebSocketServer } from 'ws'

const limits: Limits = {
  frameBytes: 1_048_576,
  bodyBytes: 262_144,
  framesPerArray: 256,
  inFlight: 256,
  windowMessages: 256,
  windowBytes: 1_048_576,
  calls: 256,
  subscriptions: 128,
}

/** What a welcome may be told to say instead. */
export type WelcomeWords = Partial<Omit<WelcomeFrame, 'limits'>> & { readonly limits?: Partial<Limits> }

/** The frame that has this op among others. */
type FrameOf<Op, Each = ClientFrame> = Each extends { readonly op: infer Known }
  ? Op extends Known
    ? Each
    : never
  : never

/** Waits in line for what comes, and keeps what nobody waits for. */
class Arrivals<Item> {
  readonly #items: Item[] = []
  readonly #waiting: ((item: Item) => void)[] = []

  /** Arrived and not taken. */
  get waiting(): readonly Item[] {
    return this.#items
  }

  push(item: Item): void {
    const next = this.#waiting.shift()
    if (next) next(item)
    else this.#items.push(item)
  }

  take(): Promise<Item> {
    const item = this.#items.shift()
    return item === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(item)
  }
}

/** The hub's end of one connection, which says only what the test tells it to. */
export class ScriptedPeer {
  readonly #socket: WebSocket
  readonly #messages = new Arrivals<Uint8Array>()
  readonly #frames: ClientFrame[] = []
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => this.#messages.push(data))
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
  }

  /** Messages that have arrived and were not looked at. */
  get waiting(): number {
    return this.#messages.waiting.length + this.#frames.length
  }

  /** The next WebSocket message as it came. */
  bytes(): Promise<Uint8Array> {
    return this.#messages.take()
  }

  /** The next WebSocket message, which holds text. */
  async text(): Promise<string> {
    return String(await this.bytes())
  }

  /** The frames of the next WebSocket message. */
  async message(): Promise<readonly ClientFrame[]> {
    const frames = jsonHubCodec.decode(await this.text())
    for (const frame of frames) assert.notEqual(frame.op, 'bad')
    return frames.filter((frame) => frame.op !== 'bad')
  }

  /** The next frame, which must be a certain one. */
  async next<Op extends ClientFrame['op']>(op: Op): Promise<FrameOf<Op>> {
    if (this.#frames.length === 0) this.#frames.push(...(await this.message()))
    const frame = this.#frames.shift()
    assert.equal(frame?.op, op)
    return frame as FrameOf<Op>
  }

  /** Writes frames as one WebSocket message. */
  write(...frames: readonly HubFrame[]): void {
    this.send(jsonHubCodec.join(frames.map((frame) => jsonHubCodec.encode(frame))))
  }

  /** Writes a WebSocket message. */
  send(message: string | Uint8Array): void {
    this.#socket.send(message)
  }

  /** Takes the hello and answers it. */
  async welcome(words: WelcomeWords = {}): Promise<HelloFrame> {
    const hello = await this.next('hello')
    const positions = { inbox: hello.resume?.positions.inbox ?? { epoch: 'e', seq: 0 } }
    this.write(this.welcomeFrame({ resumed: hello.resume !== undefined, positions, ...words }))
    return hello
  }

  /** What a hub answers to a hello. */
  welcomeFrame(words: WelcomeWords = {}): WelcomeFrame {
    return {
      op: 'welcome',
      client: 'alice',
      session: 'session-1',
      resumeToken: 'token-1',
      resumed: false,
      positions: { inbox: { epoch: 'e', seq: 0 } },
      accepted: 0,
      heartbeatMs: 25_000,
      durability: 'process',
      caps: ['list', 'presence'],
      node: 'scripted',
      serverTime: 1,
      ...words,
      limits: { ...limits, ...words.limits },
    }
  }

  /** Delivers texts with the positions given. */
  deliver(...texts: readonly { readonly seq?: number; readonly id?: string; readonly from?: string }[]): void {
    this.write(
      ...texts.map(
        ({ seq, id = `m${seq ?? 'live'}`, from = 'bob' }): HubFrame => ({
          op: 'deliver',
          ...(seq !== undefined && { seq }),
          id,
          from,
          to: 'alice',
          type: 'text',
          ts: 1,
          body: { format: 'value', value: id },
        }),
      ),
    )
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason)
  }

  /** Ends the connection without a word. */
  cut(): void {
    this.#socket.terminate()
  }

  /** Answers nothing any more, not even a close. */
  freeze(): void {
    this.#socket.pause()
  }
}

/** A hub that does what the test says. */
export class ScriptedHub implements AsyncDisposable {
  readonly #server: WebSocketServer
  readonly #peers = new Arrivals<ScriptedPeer>()
  readonly url: string

  private constructor(server: WebSocketServer) {
    this.#server = server
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', (socket) => this.#peers.push(new ScriptedPeer(socket)))
  }

  static async start(): Promise<ScriptedHub> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await once(server, 'listening')
    return new ScriptedHub(server)
  }

  /** Connections that were not taken yet. */
  get waiting(): number {
    return this.#peers.waiting.length
  }

  /** The next connection. */
  connection(): Promise<ScriptedPeer> {
    return this.#peers.take()
  }

  /** A client, not connected, that does not outlive the test. */
  client(options: HubClientOptions = {}): HubClient {
    return new HubClient({ url: this.url, clientId: 'alice', random: () => 0.5, ...options })
  }

  /** A client that is online, and its connection here. */
  async online(options: HubClientOptions = {}, words: WelcomeWords = {}): Promise<Online> {
    const client = this.client(options)
    const connected = client.connect()
    const peer = await this.connection()
    const hello = await peer.welcome(words)
    await connected
    return { client, peer, hello, [Symbol.asyncDispose]: () => client.close() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** A client that is online. */
export interface Online extends AsyncDisposable {
  readonly client: HubClient
  readonly peer: ScriptedPeer
  readonly hello: HelloFrame
}

/** The next time that a client is in `state`. */
export function nextState(client: HubClient, state: HubClient['state']): Promise<{ readonly waitMs?: number }> {
  return new Promise((resolve) => {
    const watcher = client.watch('state', (change) => {
      if (change.state !== state) return
      watcher[Symbol.dispose]()
      resolve(change)
    })
  })
}

/** What `assert.rejects` needs to judge by code. */
export function withCode(code: PosthouseError['code']): (error: PosthouseError) => boolean {
  return (error) => {
    assert.equal(error.code, code, error.message)
    return true
  }
}
