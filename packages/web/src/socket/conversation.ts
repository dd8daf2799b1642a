import { type Clock, isPosthouseError, type Logger, reasonOf, type Timer } from '@posthouse/core'
import type { Services } from '../app/services.ts'
import { heldBy, type Scope } from '../dependencies/scope.ts'
import { tellFailure } from '../problem/failure-channel.ts'
import { type Problem, problem } from '../problem/problem.ts'
import { problemResponse, toProblem } from '../problem/problem-response.ts'
import { boundLogger } from '../request/bound-logger.ts'
import { requestContext } from '../request/request-context.ts'
import type { RequestView } from '../request/request-view.ts'
import type { PerMessage } from './endpoint.ts'
import type { ErrorFrameFormat } from './error-frame.ts'
import { refuse } from './refusal.ts'
import { type AcceptOptions, SocketConnection } from './socket-connection.ts'
import type { SocketRoute } from './socket-route.ts'
import type { Upgrade } from './upgrader.ts'
import { Wire } from './wire.ts'

/** What conversations of one app share. */
export interface ConversationParts {
  readonly services: Services
  readonly clock: Clock
  readonly frame: ErrorFrameFormat
}

/** What one conversation is about. */
export interface ConversationSubject {
  readonly route: SocketRoute
  readonly upgrade: Upgrade
  readonly request: RequestView
  readonly requestId: string
  /** The subprotocols that the client offers. */
  readonly offered: readonly string[]
}

/** One connection from its handshake to the last cleanup: inputs, dependencies, handler, end. */
export class Conversation {
  readonly #parts: ConversationParts
  readonly #subject: ConversationSubject
  readonly #log: Logger
  readonly #socket: SocketConnection<unknown, unknown>
  readonly #scope: Scope
  #answered = false
  #messages = 0

  constructor(parts: ConversationParts, subject: ConversationSubject) {
    const { services } = parts
    const { requestId, request, route, offered } = subject
    this.#parts = parts
    this.#subject = subject
    this.#log = boundLogger(services.log, { requestId })
    this.#socket = new SocketConnection({
      open: (options, onEnding) => this.#open(options, onEnding),
      offered,
      read: route.read,
      write: route.write,
      frame: parts.frame,
      onRefused: ({ message }) => this.#log.debug('A message was refused', { reason: message }),
    })
    this.#scope = services.scope.child({
      holds: heldBy.connection,
      log: this.#log,
      requestId,
      signal: this.#socket.signal,
      request,
    })
  }

  /** Serves it to its end. Never rejects. */
  async run(): Promise<void> {
    const { requestId } = this.#subject
    using _opening = this.#limitOpening()
    try {
      await requestContext.run({ requestId, signal: this.#socket.signal }, () => this.#serve())
    } catch (error) {
      this.#scope.fail(error)
      await this.#fail(error)
    }
    await this.#finish()
    await this.#scope.end()
  }

  /** Ends it from outside: with a close where it was accepted, and with 503 where it was not. */
  async leave(code: number, reason: string): Promise<void> {
    if (this.#socket.accepted) await this.#socket.close(code, reason)
    else this.#refuse(problem(503, 'The server is shutting down', { headers: { 'retry-after': '5' } }))
  }

  /** Cuts it. */
  terminate(): void {
    this.#socket.terminate()
    this.#subject.upgrade.stream.destroy()
  }

  async #serve(): Promise<void> {
    const { route, request } = this.#subject
    const { endpoint, dependencies } = route.route
    const inputs = await route.inputs.read(request)
    for (const dependency of dependencies) await this.#scope.use(dependency)
    const deps = await this.#scope.resolve(endpoint.options.dependencies ?? {})
    if (this.#answered) return
    const { requestId } = this.#subject
    const context = {
      params: inputs.params,
      query: inputs.query,
      headers: inputs.headers,
      cookies: inputs.cookies,
      deps,
      request,
      requestId,
      log: this.#log,
      signal: this.#socket.signal,
      perMessage: this.#perMessage,
    }
    // The declaration has checked that the types of the handler and the schemas of the endpoint agree.
    await endpoint.handler(this.#socket as never, context as never)
  }

  readonly #perMessage: PerMessage = async (dependencies, handle) => {
    const requestId = `${this.#subject.requestId}.${++this.#messages}`
    const { request } = this.#subject
    const settings = { holds: heldBy.message, log: this.#log, requestId, signal: this.#socket.signal, request }
    const scope = this.#scope.child(settings)
    try {
      // The values of dependencies have the types that the dependencies say.
      return await handle((await scope.resolve(dependencies)) as Parameters<typeof handle>[0])
    } catch (error) {
      scope.fail(error)
      throw error
    } finally {
      await scope.end()
    }
  }

  #open(options: AcceptOptions, onEnding: () => void): Wire {
    const { route, upgrade } = this.#subject
    const ws = route.upgrader.open(upgrade, options)
    this.#answered = true
    return new Wire(ws, upgrade.stream, { limits: route.limits, clock: this.#parts.clock, onEnding })
  }

  /** Who opens a connection is not to wait for ever, and not to make us wait. */
  #limitOpening(): Timer {
    const { accept } = this.#subject.route.limits
    return this.#parts.clock
      .after(accept, () => {
        this.#refuse(problem(503, `The WebSocket was not accepted within ${accept} ms`))
      })
      .unref()
  }

  async #fail(error: unknown): Promise<void> {
    // The peer has left while the handler waited for it: the usual end of most connections.
    if (isPosthouseError(error) && error.code === 'socket_closed' && !this.#socket.open) return
    const told = toProblem(error)
    if (told.status >= 500) {
      tellFailure(error, this.#subject.requestId)
      this.#log.error('A WebSocket endpoint failed', { error: reasonOf(error), cause: error })
    }
    const { refuse: way = 'http' } = this.#subject.route.route.endpoint.options
    if (!this.#answered && way === 'frame') await this.#socket.accept().catch(() => undefined)
    if (!this.#answered) this.#refuse(told)
    else await this.#socket.fail(told)
  }

  async #finish(): Promise<void> {
    if (this.#socket.accepted) await this.#socket.close()
    else this.#refuse(problem(403, 'The WebSocket was not accepted'))
  }

  #refuse(told: Problem): void {
    if (this.#answered) return
    this.#answered = true
    const { services } = this.#parts
    const { upgrade, requestId } = this.#subject
    this.#log.debug('A WebSocket was refused', { status: told.status, reason: told.message })
    refuse(upgrade.stream, problemResponse(told, requestId, services.formatProblem))
    this.#socket.terminate()
  }
}
