import { isPosthouseError, PosthouseError, reasonOf, type StandardSchema } from '@posthouse/core'
import { isProblem, problem } from '../problem/problem.ts'
import { toProblem } from '../problem/problem-response.ts'
import { frameCodes } from '../socket/error-frame.ts'
import { judgement } from '../socket/message-format.ts'
import type { SocketConnection } from '../socket/socket-connection.ts'
import { KindTable, type ReadyKind } from './kind-table.ts'
import {
  type DeclareKind,
  declareKind,
  type MessageHandler,
  type MessageKind,
  type MessageTools,
  type RoutedContext,
} from './message-kind.ts'

/** How messages find their handlers. */
export interface MessageRouterOptions<By extends string, State, Kinds> {
  /** The field of a message that names its kind. Default `type`. */
  readonly by?: By
  /** Makes what the handlers of one connection share. */
  readonly state?: (context: RoutedContext) => State | Promise<State>
  /** The kinds of messages, by name. */
  readonly kinds: (kind: DeclareKind<State>) => Kinds
  /** Handles messages of any other kind. Default: an error frame with status 40400. */
  readonly unknown?: MessageHandler<Readonly<Record<string, unknown>>, MessageTools<State>, unknown>
  /** Messages of one connection that are handled at the same time. With 1 their order is kept. Default 1. */
  readonly parallel?: number
}

/** The handler of a WebSocket endpoint that has one for each kind of message, with the schemas of them all. */
export interface MessageRouter<In = unknown, Out = unknown> {
  (socket: SocketConnection<unknown, never>, context: RoutedContext): Promise<void>
  readonly messages: { readonly in: StandardSchema<In>; readonly out: StandardSchema<Out> }
}

type Sent<By extends string, Kinds> = {
  [Name in keyof Kinds]: Kinds[Name] extends MessageKind<infer In> ? { readonly [Field in By]: Name } & In : never
}[keyof Kinds]

type Replied<Kinds> = {
  [Name in keyof Kinds]: Kinds[Name] extends MessageKind<unknown, infer Out> ? Out : never
}[keyof Kinds]

/**
 * Handles each message of a connection by its kind. What a handler throws is told to the peer in an error frame, and the
 * connection goes on. It accepts the WebSocket, unless that was done before.
 *
 * @throws PosthouseError `invalid_option`
 * @example
 * const chat = messageRouter({
 *   state: () => ({ said: 0 }),
 *   kinds: (kind) => ({
 *     say: kind({ message: z.object({ text: z.string() }) }, ({ text }, { state }) => console.log(++state.said, text)),
 *   }),
 * })
 * app.websocket('/ws/chat', { messages: chat.messages }, chat)
 */
export function messageRouter<
  const By extends string = 'type',
  State = undefined,
  const Kinds extends Readonly<Record<string, MessageKind>> = Record<never, never>,
>(options: MessageRouterOptions<By, State, Kinds>): MessageRouter<Sent<By, Kinds>, Replied<Kinds>> {
  const { by = 'type', parallel = 1, unknown } = options
  if (!(parallel >= 1)) throw new PosthouseError('invalid_option', `parallel is 1 or more, and not ${parallel}`)
  // One declaration serves every state; the types of the kinds are those of the caller.
  const kinds = options.kinds(declareKind as unknown as DeclareKind<State>) as Readonly<Record<string, MessageKind>>
  const table = new KindTable(by, kinds)
  const route = async (socket: SocketConnection<unknown, never>, context: RoutedContext): Promise<void> => {
    if (!socket.accepted) await socket.accept()
    const state = await options.state?.(context)
    const desk = new Desk(table, { socket, state, context }, unknown as MessageHandler<unknown, never, unknown>)
    await desk.serve(parallel)
  }
  // The schemas have the types of the kinds that they were made of.
  const messages = { in: table.incoming, out: table.outgoing } as MessageRouter<
    Sent<By, Kinds>,
    Replied<Kinds>
  >['messages']
  return Object.assign(route, { messages })
}

/** Handles the messages of one connection. */
class Desk {
  readonly #table: KindTable
  readonly #tools: Omit<MessageTools, 'deps'>
  readonly #unknown: MessageHandler<unknown, never, unknown> | undefined
  readonly #running = new Set<Promise<void>>()
  #freed: () => void = () => undefined

  constructor(
    table: KindTable,
    tools: Omit<MessageTools, 'deps'>,
    unknown: MessageHandler<unknown, never, unknown> | undefined,
  ) {
    this.#table = table
    this.#tools = tools
    this.#unknown = unknown
  }

  /** Reads no message before there is a hand free for it. */
  async serve(parallel: number): Promise<void> {
    try {
      for (;;) {
        const message = await this.#tools.socket.receiveJson()
        const handling = this.#handle(message)
        this.#running.add(handling)
        void handling.then(() => this.#leave(handling))
        // A race would leave something behind at each of them that takes longer.
        if (this.#running.size >= parallel) await new Promise<void>((resolve) => (this.#freed = resolve))
      }
    } catch (error) {
      if (!isPosthouseError(error) || error.code !== 'socket_closed') throw error
    } finally {
      await Promise.all(this.#running)
    }
  }

  #leave(handling: Promise<void>): void {
    this.#running.delete(handling)
    this.#freed()
  }

  /** Never rejects: a message that fails is the business of its sender alone. */
  async #handle(message: unknown): Promise<void> {
    try {
      const reply = await this.#dispatch(message)
      if (reply !== undefined) await this.#tools.socket.sendJson(reply)
    } catch (error) {
      await this.#report(error)
    }
  }

  async #dispatch(message: unknown): Promise<unknown> {
    const kind = this.#table.find(message)
    if (isProblem(kind)) throw kind
    if (kind !== undefined) return this.#run(kind, message)
    if (this.#unknown === undefined) throw this.#table.unknown(message)
    return this.#unknown(message, { ...this.#tools, deps: {} } as never)
  }

  async #run({ kind, validate }: ReadyKind, message: unknown): Promise<unknown> {
    const judged = judgement(await validate(message))
    if (isProblem(judged)) throw judged
    const { dependencies } = kind.options
    // The declaration of the kind has checked the types of its handler.
    const run = (deps: unknown): unknown => kind.handle(judged as never, { ...this.#tools, deps } as never)
    return dependencies === undefined ? run({}) : this.#tools.context.perMessage(dependencies, run)
  }

  async #report(error: unknown): Promise<void> {
    const { socket, context } = this.#tools
    if (!socket.open) return
    const meant = isProblem(error) || (isPosthouseError(error) && toProblem(error).status < 500)
    if (!meant) context.log.error('The handler of a message failed', { error: reasonOf(error), cause: error })
    const told = meant
      ? toProblem(error)
      : problem(500, 'The message could not be handled', { code: frameCodes.failed })
    await socket.sendProblem(told).catch(() => undefined)
  }
}
