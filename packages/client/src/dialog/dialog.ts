import type { Durability, Message, PosthouseError } from '@posthouse/core'
import type { ClientInfo, Done, Draft, Limits, Wire } from '@posthouse/protocol'
import type { CallHandler } from '@posthouse/protocol/calls'
import type { CallDesk } from '../calls/call-desk.ts'
import type { Liveness } from '../connection/heartbeat.ts'
import type { FileDesk } from '../files/file-desk.ts'
import type { Later } from '../later.ts'
import type { Listeners } from '../listening/listeners.ts'
import type { Watchers } from '../listening/watchers.ts'
import type { SendOptions } from '../send-options.ts'
import type { StreamDesk } from '../streams/stream-desk.ts'
import type { ClientsOptions } from './roll-call.ts'
import type { SendResult } from './sends.ts'

/** What the hub said when it welcomed this client. */
export interface Welcome {
  /** False where a new session began. */
  readonly resumed: boolean
  /** What `stored` survives. */
  readonly durability: Durability
  /** Name of the hub that answers. */
  readonly node: string
  readonly limits: Limits
  /** Optional features of the hub. */
  readonly caps: readonly string[]
  /** The hub's time, in Unix milliseconds. */
  readonly serverTime: number
}

/** The connection that carries a dialog now. */
export interface Line {
  /** Bytes that wait in the socket. */
  readonly bufferedBytes: number
  /** Has `gather` called at the end of this tick. */
  wake(): void
  /** The hub knows who is here. `welcome` is absent where the dialect tells nothing. */
  welcomed(liveness: Liveness, welcome?: Welcome): void
  /** The hub will close, and wants to be left alone for so long, in milliseconds. */
  goaway(reconnectAfterMs: number): void
  /** The hub told of an error; a close may follow that is explained by it. */
  told(error: PosthouseError): void
  /** The hub broke the protocol: this connection is of no use. */
  fail(error: PosthouseError): void
}

/** What a dialog tells the client, and asks of it. */
export interface DialogEvents {
  /** Told of presence, gaps, farewells, and of errors that no caller waits for. */
  readonly watchers: Watchers
  /** Who answers calls, by method. */
  readonly handlers: ReadonlyMap<string, CallHandler>
  /** No more calls are to be answered. */
  draining(): boolean
  /** Who is handed messages. */
  readonly listeners: Listeners
  /** A message for the listeners. Live ones have no `done`. */
  deliver(message: Message, done?: Done): void
  /**
   * What is to be called when the message that `key` names is done, so that it is remembered first; nothing where it was
   * handled in an earlier life, which `done` is told. Absent where nothing is remembered.
   */
  remember?(key: string, done: Done): Done | undefined
  /** Everything that was to be sent has been, or a call has come to its end. */
  rested(): void
}

/**
 * One client's conversation in one dialect: it outlives the connections that carry it, and does no I/O itself. All that
 * it has to say is gathered at the end of a tick.
 */
export interface Dialog {
  /** What to ask for when the WebSocket is opened. */
  readonly subprotocols: string[]
  /** What most pages do without. */
  readonly parts: Later<DialogParts>
  /** True while nothing waits to be written or confirmed. */
  readonly idle: boolean
  /** The socket is open: introduce yourself. */
  open(line: Line, token: string | undefined): void
  /**
   * Takes one WebSocket message.
   * @throws PosthouseError where it cannot be read
   */
  receive(message: Wire): void
  /** The WebSocket messages to write now. */
  gather(): readonly Wire[]
  /** Say something, so that the hub knows that this end lives. */
  beat(): void
  /** Say good-bye, for the last `gather`. */
  leave(): void
  /** The connection is gone. */
  cut(): void
  /** The session cannot be resumed: begin a new one with the next connection. */
  forget(): void
  /** Nothing will be sent any more; whoever waits is told `error`. */
  end(error: PosthouseError): void
  /** @throws PosthouseError (also later) what `HubClient.send` documents */
  send(message: Draft, options: SendOptions): Promise<SendResult>
}

/** What a client wants others to know of it, and to know of them. */
export interface Wishes {
  /** Whether it is to be told who comes and goes. */
  readonly presence: boolean
  /** What it says about itself; nothing until it was set. */
  readonly state: unknown
}

/** What sees to a client's calls, to its groups, channels and queues, and to its files. */
export interface Desks {
  readonly calls: CallDesk
  readonly streams: StreamDesk
  readonly files: FileDesk
}

/** What most pages do without, presence, calls, groups, channels and queues: its code is loaded when it is first needed. */
export interface DialogParts {
  /** True while calls are under way. */
  readonly busy: boolean
  /** Where calls can be made at once: their code is loaded, and there is a connection. */
  readonly calls?: CallDesk | undefined
  /** Sees to it that the hub knows, now or as soon as there is a connection. */
  wish(wishes: Wishes): void
  /** @throws PosthouseError (also later) what `HubClient.clients` documents */
  list(options?: ClientsOptions): Promise<readonly ClientInfo[]>
  /** @throws PosthouseError (later) `unsupported`, `internal` where the code cannot be had */
  desk<Kind extends keyof Desks>(kind: Kind): Promise<Desks[Kind]>
  /** The connection is gone, or the client is closed: whoever waits for an answer is told. */
  fail(error: PosthouseError): void
}
