import type { Dependencies, ValuesOf } from '../dependencies/depends.ts'
import type { Part } from '../request/inputs.ts'
import type { InputOf, OutputOf, Schema } from '../schema/schema.ts'
import type { SocketContext } from '../socket/endpoint.ts'
import type { SocketConnection } from '../socket/socket-connection.ts'

/** What is settled about one kind of message. */
export interface KindOptions {
  /** What a message of this kind looks like, with or without the field that names the kind. */
  readonly message: Schema
  /** What the handler returns; it is sent as JSON. */
  readonly reply?: Schema
  /** Values that the handler is given; those of the scope `message` are made for each message. */
  readonly dependencies?: Dependencies
  readonly summary?: string
  readonly description?: string
}

/** What is known of a connection whatever its endpoint declares. */
export interface RoutedContext extends Pick<SocketContext, 'request' | 'requestId' | 'log' | 'signal' | 'perMessage'> {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly cookies: unknown
  readonly deps: unknown
}

/** What the handler of a message is given beside it. */
export interface MessageTools<State = unknown, Options = KindOptions> {
  /** For what is sent besides the reply. */
  readonly socket: SocketConnection<unknown, never>
  /** What was made for this connection by `state`. */
  readonly state: State
  readonly deps: ValuesOf<Part<Options, 'dependencies'>>
  readonly context: RoutedContext
}

/** Handles one message. What it returns is sent as JSON, unless it is `undefined`. */
export type MessageHandler<Message, Tools, Reply> = (message: Message, tools: Tools) => Reply | Promise<Reply>

/** One kind of message as a value, with its types. */
export interface MessageKind<In = unknown, Out = unknown> {
  readonly options: KindOptions
  readonly handle: (message: never, tools: never) => unknown
  /** Never there at run time; carries the types. */
  readonly types?: { readonly in: In; readonly out: Out }
}

/** What a handler may return: its reply, or nothing where it has none. */
type ReplyOf<Options> = OutputOf<Part<Options, 'reply'>, void>

/** Declares a kind of message. */
export type DeclareKind<State> = <const Options extends KindOptions>(
  options: Options,
  handle: MessageHandler<OutputOf<Options['message']>, MessageTools<State, Options>, ReplyOf<Options>>,
) => MessageKind<InputOf<Options['message']>, OutputOf<Part<Options, 'reply'>, never>>

/** A kind from its options and its handler. */
export function declareKind(options: KindOptions, handle: MessageKind['handle']): MessageKind {
  return { options, handle }
}

/**
 * The handler of a kind whose messages are each handled by an object of their own, made from the message and the tools.
 *
 * @example
 * kind({ message: sayMessage }, handledBy(SayHandler))
 */
export function handledBy<Message, Tools, Reply>(
  Handler: new (message: Message, tools: Tools) => { run(): Reply | Promise<Reply> },
): MessageHandler<Message, Tools, Reply> {
  return (message, tools) => new Handler(message, tools).run()
}
