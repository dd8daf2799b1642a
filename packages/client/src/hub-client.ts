import { type Message, PosthouseError } from '@posthouse/core'
import { type ClientInfo, type Draft, type Drafter, drafter, formOf, toBodyValue } from '@posthouse/protocol'
import type { CallHandler, CallOptions } from '@posthouse/protocol/calls'
import { type ConnectOptions, Supervisor } from './connection/supervisor.ts'
import type { Desks, Dialog, DialogParts, Welcome } from './dialog/dialog.ts'
import { dialogOf } from './dialog/dialog-source.ts'
import type { ClientsOptions } from './dialog/roll-call.ts'
import type { SendResult } from './dialog/sends.ts'
import type { Tells } from './files/file-reference.ts'
import type { FileHandler, ReceiveOptions } from './files/received.ts'
import type {
  Downloaded,
  DownloadOptions,
  FetchedFile,
  FileSource,
  FolderPath,
  SendFileOptions,
  SendFolderOptions,
  SentFile,
  SentFolder,
  TransferOptions,
} from './files/transfer-options.ts'
import type { Later } from './later.ts'
import type { ManualHandler } from './listening/by-hand.ts'
import type { MessageHandler } from './listening/listener.ts'
import { type ListenerOptions, Listeners, type Wanted } from './listening/listeners.ts'
import { type MessageStream, messageStream } from './listening/message-stream.ts'
import { type ClientState, type WatchEvents, Watchers } from './listening/watchers.ts'
import type { SendOptions } from './send-options.ts'
import { type HubClientOptions, type Settings, settingsOf } from './settings.ts'
import type { History, HistoryOptions } from './streams/history.ts'
import type { JoinOptions, LeaveOptions, Membership, SubscribeOptions, WorkOptions } from './streams/stream-desk.ts'
import type { ChannelHandler, QueueHandler } from './streams/stream-messages.ts'
import type { Subscription } from './streams/subscription.ts'
import { assertNotAborted } from './waiter.ts'

/** How a client is drained. */
export interface DrainOptions {
  /** How long to wait for what is under way, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number
}

/**
 * A program's connection to a hub: it sends and receives messages, and comes back by itself when the connection is lost.
 *
 * @example
 * ```ts
 * await using client = new HubClient({ clientId: 'alice' })
 * client.on('text', (message) => console.log(message.from, message.body))
 * await client.connect()
 * await client.send('bob', 'hello')
 * ```
 */
export class HubClient implements AsyncDisposable {
  readonly #settings: Settings
  readonly #watchers: Watchers
  readonly #listeners: Listeners
  readonly #draft: Drafter
  /** Who answers calls, by method. */
  readonly #handlers = new Map<string, CallHandler>()
  readonly #dialog: Later<Dialog>
  readonly #supervisor: Supervisor
  /** What ends each of the streams. */
  readonly #loops = new Set<() => void>()
  /** What others are to see of this client; nothing until it was set. */
  #state: unknown
  #draining: Promise<void> | undefined
  /** Tells a drain that something has come to its end. */
  #rested: () => void = () => undefined
  #closing: Promise<void> | undefined

  /** @throws PosthouseError `invalid_option`, `invalid_client_id` */
  constructor(options: HubClientOptions = {}) {
    const settings = settingsOf(options)
    this.#settings = settings
    const watchers = new Watchers(settings.logger)
    const rested = (): void => this.#rested()
    this.#watchers = watchers
    this.#draft = drafter(formOf(settings.dialect))
    this.#listeners = new Listeners(settings, watchers, rested)
    this.#dialog = dialogOf(settings, {
      watchers,
      handlers: this.#handlers,
      draining: () => this.#draining !== undefined,
      listeners: this.#listeners,
      deliver: (message, done) => {
        // The hub keeps what is not taken any more.
        if ((this.#draining ?? this.#closing) === undefined) this.#listeners.deliver(message, done)
      },
      rested,
    })
    this.#supervisor = new Supervisor(settings, this.#dialog, {
      watchers,
      halted: (error) => {
        this.#closing ??= Promise.resolve()
        this.#finish(error)
      },
    })
  }

  get clientId(): string {
    return this.#settings.clientId
  }

  get state(): ClientState {
    return this.#supervisor.state
  }

  /** What the hub said at the last welcome; absent before, and in the cross_comm dialect. */
  get welcome(): Welcome | undefined {
    return this.#supervisor.welcome
  }

  /**
   * Connects, and resolves when the hub has welcomed this client. Without `retry` the first failure rejects it and the
   * client is idle again. It joins an attempt that is under way.
   * @throws PosthouseError `unreachable`, `aborted`, `closed`, `unauthenticated`, or what the hub refused it for
   */
  async connect(options: ConnectOptions = {}): Promise<void> {
    this.#assertLiving()
    await this.#supervisor.connect(options)
  }

  /**
   * Sends a message. With qos 1 it resolves when the hub has stored it, however many connections that takes, and may be
   * called before the first one; with qos 0 when it was written. The body is read before this returns.
   * @throws PosthouseError `invalid_address`, `invalid_option`, `invalid_body`, `unrepresentable`, `too_deep`,
   * `body_too_large`, `frame_too_large`, `outbox_full`, `not_connected`, `aborted`, `closed`, or what the hub refused it for
   */
  send(to: string, body: unknown, options: SendOptions = {}): Promise<SendResult> {
    // An async function would cost a second promise for each message.
    try {
      this.#assertLiving()
      assertNotAborted(options.signal)
      const message = this.#draft(to, body, options)
      const ready = this.#dialog.loaded
      return ready ? ready.send(message, options) : this.#sendLater(message, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Has `handler` called for each message that is wanted, one at a time, until disposed of. A message is acknowledged when
   * all who wanted it are done; those that nobody wants are acknowledged at once, so add handlers before `connect`. A
   * handler that throws is done, too: `error` watchers are told, and the message does not come again. With `downloadTo` the
   * files and folders that messages tell of are fetched before the handler is called, which is told where they are, or why they could not be had.
   * @throws PosthouseError `invalid_option`, `invalid_address`, `closed`
   */
  on(wanted: Wanted, handler: MessageHandler): Disposable
  on(wanted: Wanted, options: ListenerOptions & { readonly acknowledge: 'manual' }, handler: ManualHandler): Disposable
  on(
    wanted: Wanted,
    options: ListenerOptions & Pick<Required<ReceiveOptions>, 'downloadTo'>,
    handler: FileHandler,
  ): Disposable
  on(wanted: Wanted, options: ListenerOptions, handler: MessageHandler): Disposable
  on(
    wanted: Wanted,
    second: ListenerOptions | MessageHandler,
    third?: MessageHandler | ManualHandler | FileHandler,
  ): Disposable {
    this.#assertLiving()
    const [options, handler] = typeof second === 'function' ? [{}, second] : [second, third]
    // Whoever takes messages by hand has asked for that.
    return this.#listeners.add(wanted, options, handler as MessageHandler | undefined, this)
  }

  /**
   * The messages that are wanted, for `for await`. A message is acknowledged when the next one is asked for. Ends when the
   * client closes, the signal aborts or the loop is left; what waits then counts as done.
   * @throws PosthouseError `invalid_option`, `invalid_address`, `closed`
   */
  messages(wanted: Wanted, options: ListenerOptions & { readonly signal?: AbortSignal } = {}): MessageStream {
    return messageStream((handler) => this.on(wanted, options, handler), this.#loops, options.signal)
  }

  /**
   * Calls a method of another client, or of the hub, and resolves with its answer. A call is live: it is made once, or not at
   * all, and never waits for anyone to come. The body is read before this returns.
   * @throws PosthouseError `invalid_address`, `invalid_option`, `unrepresentable`, `too_deep`, `body_too_large`,
   * `not_connected`, `unknown_recipient`, `offline`, `no_handler`, `forbidden`, `too_many_calls`, `timeout`, `aborted`,
   * `call_lost`, `call_failed`, `unsupported`, `closed`, or what the handler threw. Spec: 4.8
   */
  request(to: string, method: string, body?: unknown, options?: CallOptions): Promise<unknown> {
    // Once its code is here, a call needs no promise but its own.
    return (
      this.#dialog.loaded?.parts.loaded?.calls?.request(to, method, body, options) ??
      this.#desk('calls', (desk, copy) => desk.request(to, method, copy, options), body)
    )
  }

  /**
   * Calls a method that answers in parts, for `for await`. The call is made and its body read when the loop begins, the callee
   * goes no faster than the loop, and leaving the loop gives the call up. A whole answer is the only value.
   * @throws PosthouseError (in the loop) what `request` throws
   */
  async *stream(
    to: string,
    method: string,
    body?: unknown,
    options?: CallOptions,
  ): AsyncGenerator<unknown, void, undefined> {
    yield* await this.#desk('calls', (desk) => desk.stream(to, method, body, options))
  }

  /**
   * Has `handler` answer calls of `method`, until disposed of: what it returns is the answer, the values of an async iterable
   * are its parts. Calls are handled side by side, at most 1,024. The code and message of a `PosthouseError` that it throws
   * reach the caller; of all else `error` watchers are told.
   * @throws PosthouseError `invalid_option` where the method has a handler, `unsupported`, `closed`
   */
  handle(method: string, handler: CallHandler): Disposable {
    this.#assertLiving()
    if (this.#settings.dialect === 'cross_comm') throw new PosthouseError('unsupported', 'cross_comm has no calls')
    const handlers = this.#handlers
    if (handlers.has(method)) throw new PosthouseError('invalid_option', `${method} has a handler already`)
    handlers.set(method, handler)
    // Loaded now, the first call need not wait for it.
    this.#desk('calls', () => undefined).catch(this.#watchers.fail)
    return {
      [Symbol.dispose]: () => {
        if (handlers.get(method) === handler) handlers.delete(method)
      },
    }
  }

  /**
   * Makes this client, or another one, a member of a group; the first to join makes the group and is its owner. Messages to
   * `group:<name>` reach members that are away, too. Lasts until it leaves, whatever becomes of connections.
   * @throws PosthouseError `invalid_address`, `not_connected`, `forbidden`, `unknown_recipient`, `limit_reached`,
   * `unsupported`, `closed`. Spec: 4.7.1
   */
  join(group: string, options?: JoinOptions): Promise<Membership> {
    return this.#desk('streams', (desk) => desk.join(group, options))
  }

  /**
   * Ends the membership of this client, or of another one, in a group.
   * @throws PosthouseError `invalid_address`, `not_connected`, `forbidden`, `unsupported`, `closed`. Spec: 4.7.1
   */
  leave(group: string, options?: LeaveOptions): Promise<void> {
    return this.#desk('streams', (desk) => desk.leave(group, options))
  }

  /**
   * Has `handler` called for each message of the channels that a pattern means (`*`: one part of a name, `**`: any number),
   * until the subscription is closed. It resolves when the hub has agreed, which may take a connection, and goes on where it
   * was after a lost connection or session; what was missed `gap` watchers are told.
   * @throws PosthouseError `invalid_address`, `invalid_option` where this client is subscribed to the pattern, `forbidden`,
   * `limit_reached`, `aborted`, `unsupported`, `closed`. Spec: 4.7.5
   */
  subscribe(pattern: string, handler: ChannelHandler, options?: SubscribeOptions): Promise<Subscription> {
    return this.#desk('streams', (desk) => desk.subscribe(pattern, handler, options))
  }

  /**
   * Sends a message to whoever is subscribed to a channel; that may be nobody.
   * @throws PosthouseError what `send` throws
   */
  publish(channel: string, body: unknown, options?: SendOptions): Promise<SendResult> {
    return this.send(`channel:${channel}`, body, options)
  }

  /**
   * Works off a queue: each of its messages goes to one of its workers, and to another one where that fails or goes away.
   * @throws PosthouseError `invalid_address`, `invalid_option` where this client works for the queue, `forbidden`,
   * `limit_reached`, `aborted`, `unsupported`, `closed`. Spec: 4.7.12
   */
  work(queue: string, handler: QueueHandler, options?: WorkOptions): Promise<Subscription> {
    return this.#desk('streams', (desk) => desk.work(queue, handler, options))
  }

  /**
   * Asks for what a channel keeps.
   * @throws PosthouseError `invalid_address`, `not_connected`, `forbidden`, `timeout`, `aborted`, `unsupported`, `closed`. Spec: 4.7.16
   */
  history(channel: string, options?: HistoryOptions): Promise<History> {
    return this.#desk('streams', (desk) => desk.history(channel, options))
  }

  /**
   * Sends a file of any size: a path, bytes, a `Blob` or a stream. It goes on where it was after a lost connection, and with a
   * path also in the next life of the program. Resolves when what arrived was found to be what was read and the hub has
   * stored the message that tells of it.
   * @throws PosthouseError `source_failed` where the file is not there, cannot be read or changes meanwhile;
   * `content_mismatch`, `file_too_large`, `quota_exceeded`, `no_room`, `no_handler` where the hub keeps no files,
   * `no_shared_storage`, what the last attempt failed by, and what `send` throws. Spec: 8
   */
  sendFile(to: string, source: FileSource, options?: SendFileOptions): Promise<SentFile> {
    return this.#desk('files', (desk) => desk.sendFile(to, source, options))
  }

  /**
   * Sends an image as `sendFile` does. Its recipients are told its width and height and given a small preview where `sharp`
   * is installed, or in a page.
   * @throws PosthouseError what `sendFile` throws
   */
  sendImage(to: string, source: FileSource, options?: SendFileOptions): Promise<SentFile> {
    return this.#desk('files', (desk) => desk.sendImage(to, source, options))
  }

  /** Sends a sound as `sendFile` does, which says what it throws. */
  sendAudio(to: string, source: FileSource, options?: SendFileOptions): Promise<SentFile> {
    return this.#desk('files', (desk) => desk.sendAudio(to, source, options))
  }

  /** Sends a film as `sendFile` does, which says what it throws. */
  sendVideo(to: string, source: FileSource, options?: SendFileOptions): Promise<SentFile> {
    return this.#desk('files', (desk) => desk.sendVideo(to, source, options))
  }

  /**
   * Sends a folder with all that is in it, hidden files and empty folders, too; links are left out and told of. Each file goes
   * on by itself, what the hub has from this client already is not sent again, and a retry sends what is missing.
   * @throws PosthouseError what `sendFile` throws
   */
  sendFolder(to: string, source: FolderPath, options?: SendFolderOptions): Promise<SentFolder> {
    return this.#desk('files', (desk) => desk.sendFolder(to, source, options))
  }

  /**
   * Fetches the file or folder that a message tells of, or that has a key, into a directory, which nothing of it can leave. It
   * has its name only when it is whole and checked. Without a directory the content of a file comes as a `Blob`.
   * @throws PosthouseError `invalid_body` where the message tells of none, `unknown_file`, `forbidden`, `content_mismatch`,
   * `target_failed`, `no_room`, `no_handler`, `aborted`, `unsupported`, `closed`, or what the last attempt failed by
   */
  download(what: Tells | string, directory: string, options?: DownloadOptions): Promise<Downloaded>
  download(what: Tells | string, directory?: undefined, options?: TransferOptions): Promise<FetchedFile>
  download(what: Tells | string, directory?: string, options?: DownloadOptions): Promise<Downloaded | FetchedFile> {
    return this.#desk('files', (desk) => desk.download(what, directory, options))
  }

  /**
   * Tells the sender of a message that it was read. For messages that came with `receipts`, once each; of any other
   * `error` watchers hear `unexpected_frame`.
   * @throws PosthouseError `not_connected`, `unsupported`, `closed`. Spec: 4.6.5
   */
  markRead(message: Pick<Message, 'id' | 'from'>): Promise<void> {
    return this.#desk('streams', (desk) => desk.read(message))
  }

  /**
   * Asks the hub who is there.
   * @throws PosthouseError `not_connected`, `timeout`, `aborted`, `closed`, or what the hub refused it for
   */
  async clients(options?: ClientsOptions): Promise<readonly ClientInfo[]> {
    const parts = await this.#parts()
    return parts.list(options)
  }

  /**
   * Has `handler` told of what happens to this client, until disposed of. The first watcher of presence hears of everyone
   * who is there; all hear of changes.
   * @throws PosthouseError `closed`
   */
  watch<Name extends keyof WatchEvents>(name: Name, handler: (event: WatchEvents[Name]) => unknown): Disposable {
    this.#assertLiving()
    const watcher = this.#watchers.add(name, handler)
    if (name !== 'presence') return watcher
    this.#tellWishes()
    return {
      [Symbol.dispose]: () => {
        watcher[Symbol.dispose]()
        this.#tellWishes()
      },
    }
  }

  /**
   * Has others see this in presence until it is set again; `null` takes it back. It is copied, as JSON can say it. A client
   * that is not connected tells it when it is. `error` watchers hear of one that the hub refuses: above 4 KiB or 16 levels.
   * @throws PosthouseError `unrepresentable`, `too_deep`, `closed`
   */
  setState(state: unknown): void {
    this.#assertLiving()
    // `null` takes back what was said.
    this.#state = toBodyValue('x-state', state ?? null, 'json')
    this.#tellWishes()
  }

  /** Hands nothing more to handlers of messages until `resume`: what comes waits, first here and, once the window is full, at the hub. */
  pause(): void {
    this.#listeners.paused = true
  }

  /** Goes on handing messages to handlers. */
  resume(): void {
    this.#listeners.resume()
  }

  /** Ends the wait between two attempts to connect. */
  reconnect(): void {
    this.#supervisor.reconnect()
  }

  /**
   * Takes no more messages and calls, finishes what is under way (sends are confirmed, calls answered, handlers have
   * returned), then closes.
   * @throws PosthouseError `timeout` where something was left; the client is closed all the same
   */
  drain(options: DrainOptions = {}): Promise<void> {
    this.#draining ??= this.#closing ?? this.#drain(options.timeoutMs ?? 5000)
    return this.#draining
  }

  /** Stops now: pending calls reject with `closed`, messages that are not acknowledged stay with the hub. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#closing = promise
      const error = new PosthouseError('closed', 'this client was closed')
      this.#dialog.loaded?.parts.loaded?.fail(error)
      resolve(this.#supervisor.close(error))
      this.#finish(error)
    }
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #assertLiving(): void {
    if (this.#closing !== undefined) throw new PosthouseError('closed', 'this client was closed')
  }

  async #parts(): Promise<DialogParts> {
    this.#assertLiving()
    const dialog = await this.#dialog.load()
    return dialog.parts.load()
  }

  /** @param body read before anything is waited for */
  async #desk<Kind extends keyof Desks, Answer>(
    kind: Kind,
    ask: (desk: Desks[Kind], copy: unknown) => Answer | Promise<Answer>,
    body?: unknown,
  ): Promise<Answer> {
    const copy = body && toBodyValue('x-call', body)
    const parts = await this.#parts()
    return ask(await parts.desk(kind), copy)
  }

  async #sendLater(message: Draft, options: SendOptions): Promise<SendResult> {
    const copy = { ...message, value: structuredClone(message.value) }
    const dialog = await this.#dialog.load()
    this.#assertLiving()
    return dialog.send(copy, options)
  }

  #tellWishes(): void {
    this.#parts()
      .then((parts) => parts.wish({ presence: this.#watchers.count('presence') > 0, state: this.#state }))
      .catch(this.#watchers.fail)
  }

  #finish(error: PosthouseError): void {
    this.#dialog.loaded?.end(error)
    this.#listeners.clear()
    for (const end of [...this.#loops]) end()
    this.#rested()
  }

  async #drain(timeoutMs: number): Promise<void> {
    const draining = {
      clock: this.#settings.clock,
      listeners: this.#listeners,
      dialog: this.#dialog,
      client: this,
      closed: () => this.#closing !== undefined,
      onRest: (told: () => void) => {
        this.#rested = told
      },
    }
    try {
      const { drain } = await import('./drain.ts')
      await drain(draining, timeoutMs)
    } finally {
      await this.close()
    }
  }
}
