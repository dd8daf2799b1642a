import { bearerToken, type Clock, PosthouseError, toPosthouseError } from '@posthouse/core'
import { errorHttpStatus } from '@posthouse/core/help'
import { Belief } from '../access/belief.ts'
import type { Caller } from '../access/caller.ts'
import { type Callers, type Credentials, createCallerSecret } from '../access/callers.ts'
import { type Answer, answerOfText, failure } from '../call/answer.ts'
import type { CallDesk } from '../call/call-desk.ts'
import { addressOf, assertRequestId, type IncomingCall, isCount, readCall } from '../call/incoming-call.ts'
import { unknownOutcome } from '../call/kept.ts'
import { type Addressed, received, responseOf, responseText } from '../call/response.ts'
import type { RunningCall, Watcher } from '../call/running-call.ts'
import { goOn } from '../procedure/invoke.ts'
import type { CallerSockets } from '../socket/caller-sockets.ts'
import { answerOf } from './answer-of.ts'
import { type CallReply, type CallRequest, headerOf } from './call-request.ts'
import { firstItems, lineStream } from './line-stream.ts'
import { preferredWaitMs, usualWaitMs } from './prefer.ts'

/** What a door opens to. */
export interface HttpDoorParts {
  readonly desk: CallDesk
  readonly callers: Callers
  readonly sockets: CallerSockets
  readonly clock: Clock
  readonly payloadBytes: number
  /** @throws PosthouseError `address_blocked` where nothing is POSTed to this URL, `invalid_field` where it is none */
  readonly assertCallbackUrl: (url: string) => void
}

type Headers = CallReply['headers']

/** Who asks, and what the answer begins with. */
interface Visit {
  readonly request: CallRequest
  readonly caller: Caller
  readonly headers: Headers
  /** True where one of our own programs calls. */
  readonly ours: boolean
}

/** The door for HTTP, for whatever server: what is to be answered to a request. */
export class HttpDoor {
  readonly #parts: HttpDoorParts
  readonly #headers: Headers

  constructor(parts: HttpDoorParts) {
    this.#parts = parts
    this.#headers = { 'content-type': 'application/json; charset=utf-8', 'posthouse-calls': parts.desk.storeId }
  }

  /** The longest body that a call may have, in bytes. */
  get payloadBytes(): number {
    return this.#parts.payloadBytes
  }

  /** Answers a request whose body could not be read, such as one that is too long. */
  refuse(error: PosthouseError): CallReply {
    return answered({ procedure: '', requestId: '' }, failure(error), this.#headers)
  }

  /** Answers `POST /api/call`, whose body was read as JSON; at once where nothing is to be waited for. */
  call(body: unknown, request: CallRequest): CallReply | Promise<CallReply> {
    let headers = this.#headers
    const refuse = (cause: unknown): CallReply =>
      answered(addressOf(body, ''), failure(toPosthouseError(cause)), headers)
    try {
      const reply = goOn(this.#visit(request), (visit) => {
        headers = visit.headers
        return this.#call(readCall(body), visit)
      })
      return reply instanceof Promise ? reply.catch(refuse) : reply
    } catch (cause) {
      return refuse(cause)
    }
  }

  /** Answers `GET /api/calls/<id>`, for the caller of that call only. `from` is the first item that is wanted. */
  async status(id: string, request: CallRequest, from = 0): Promise<CallReply> {
    return this.#about(id, request, async (visit) => {
      const { desk, clock } = this.#parts
      if (!isCount(from)) throw new PosthouseError('invalid_field', 'from must be a whole number from 0')
      const run = desk.find(visit.caller.id, assertRequestId(id))
      if (run === undefined) return this.#remembered(id, visit)
      if (wantsLines(request)) {
        const take = (watcher: Watcher) => desk.watch(run, watcher, { from, credit: from + firstItems })
        return lines(lineStream({ desk, clock, belief: this.#belief(visit), call: run.call, from, take }), visit)
      }
      const waitMs = preferredWaitMs(headerOf(request, 'prefer')) ?? 0
      const answer = await answerOf(this.#parts, (watcher) => desk.watch(run, watcher), { waitMs, request })
      return answer === undefined ? pending(run, visit) : answered(run.call, answer, visit.headers, 200)
    })
  }

  /** Answers `DELETE /api/calls/<id>`: the call is cancelled where it is under way. */
  async cancel(id: string, request: CallRequest): Promise<CallReply> {
    return this.#about(id, request, async (visit) => {
      const { desk } = this.#parts
      const run = desk.find(visit.caller.id, assertRequestId(id))
      if (run !== undefined) desk.cancel(run)
      return run === undefined ? this.#remembered(id, visit) : pending(run, visit)
    })
  }

  async #about(id: string, request: CallRequest, reply: (visit: Visit) => Promise<CallReply>): Promise<CallReply> {
    let headers = this.#headers
    try {
      const visit = await this.#visit(request)
      headers = visit.headers
      return await reply(visit)
    } catch (cause) {
      return answered({ procedure: '', requestId: id }, failure(toPosthouseError(cause)), headers)
    }
  }

  #call(call: IncomingCall, visit: Visit): CallReply | Promise<CallReply> {
    const { desk, clock } = this.#parts
    const { request, caller, ours } = visit
    const { callbackType, callbackUrl, stream } = call
    if (callbackType === 'http' && callbackUrl !== undefined) return this.#callBack(call, callbackUrl, visit)
    if (callbackType === 'socket') return this.#callSocket(call, visit)
    if (stream !== undefined && wantsLines(request)) {
      const wish = { from: stream.from, credit: stream.from + firstItems }
      const take = (watcher: Watcher) => desk.take(caller, { ...call, stream: wish }, { watcher, ours })
      return lines(lineStream({ desk, clock, belief: this.#belief(visit), call, from: stream.from, take }), visit)
    }
    const plain = stream === undefined ? call : { ...call, stream: undefined }
    let run: RunningCall | undefined
    const take = (watcher: Watcher) => {
      run = desk.take(caller, plain, { watcher, ours })
      return run
    }
    const waitMs = preferredWaitMs(headerOf(request, 'prefer')) ?? usualWaitMs
    return goOn(answerOf(this.#parts, take, { waitMs, request }), (answer) => {
      if (answer !== undefined || run === undefined) return answered(call, answer ?? givenUp(), visit.headers)
      return pending(run, visit)
    })
  }

  /** The answer is POSTed, unless the caller gets it while it waits. */
  async #callBack(call: IncomingCall, url: string, visit: Visit): Promise<CallReply> {
    const { desk, assertCallbackUrl } = this.#parts
    const { caller, ours, headers, request } = visit
    assertCallbackUrl(url)
    const waitMs = preferredWaitMs(headerOf(request, 'prefer')) ?? 0
    let refused: Answer | undefined
    const ended = (answer: Answer): void => {
      refused = answer
    }
    const watcher: Watcher = { ended }
    const run = desk.take(caller, { ...call, stream: undefined }, { promised: true, ours, watcher })
    if (run === undefined) return answered(call, refused ?? givenUp(), headers)
    run.leave(watcher)
    if (waitMs === 0) {
      await desk.safe(run)
      return receipt(call, 200, headers)
    }
    run.owed = false
    const answer = await answerOf(this.#parts, (waiting) => desk.watch(run, waiting), { waitMs, request })
    if (answer !== undefined) return answered(call, answer, headers)
    run.owed = true
    return pending(run, visit)
  }

  /** The answer goes to the caller's own socket. */
  async #callSocket(call: IncomingCall, visit: Visit): Promise<CallReply> {
    const { desk, sockets } = this.#parts
    const { caller, ours, headers, request } = visit
    if (caller.name === undefined && headerOf(request, 'posthouse-caller') === undefined) {
      const message = 'callback_type "socket" needs a token, or the header posthouse-caller of the socket: whose is it?'
      throw new PosthouseError('invalid_field', message)
    }
    let refused: Answer | undefined
    let taken = false
    const ended = (answer: Answer): void => {
      if (taken) sockets.deliver(caller.id, responseOf(call, answer, ours))
      else refused = answer
    }
    const run = desk.take(caller, { ...call, stream: undefined }, { ours, promised: true, watcher: { ended } })
    taken = true
    if (run === undefined) return answered(call, refused ?? givenUp(), headers)
    await desk.safe(run)
    return receipt(call, 200, headers)
  }

  async #remembered(id: string, visit: Visit): Promise<CallReply> {
    const { caller, headers } = visit
    const kept = await this.#parts.desk.remembered(caller.id, id)
    // It may have begun while its memory was asked.
    const run = this.#parts.desk.find(caller.id, id)
    if (run !== undefined) return pending(run, visit)
    const call = { procedure: kept?.procedure ?? '', requestId: id }
    if (kept?.answer !== undefined) return answered(call, answerOfText(kept.answer), headers, 200)
    if (kept?.state === 'begun') return answered(call, failure(unknownOutcome(kept.procedure)), headers, 200)
    throw new PosthouseError('unknown_call', `no call ${JSON.stringify(id)} of this caller is known`)
  }

  #visit(request: CallRequest): Visit | Promise<Visit> {
    const given = headerOf(request, 'posthouse-caller')
    const token = bearerToken(headerOf(request, 'authorization'))
    const secret = given ?? (token === undefined ? createCallerSecret() : undefined)
    // Whoever came without one can come back for its answers.
    const isNew = given === undefined && secret !== undefined
    const headers = isNew ? { ...this.#headers, 'posthouse-caller': secret } : this.#headers
    const caller = this.#parts.callers.of(new Shown(request, token), secret)
    return goOn(caller, (known) => ({ request, caller: known, headers, ours: given !== undefined }))
  }

  /** Who takes lines as long as they come. */
  #belief({ request, caller }: Visit): Belief {
    const { callers, clock } = this.#parts
    const token = bearerToken(headerOf(request, 'authorization'))
    return new Belief(caller, () => callers.of(new Shown(request, token), undefined), clock)
  }
}

/** What a request shows of its caller. Whether its client has gone is watched for only where that is asked. */
class Shown implements Credentials {
  readonly token: string | undefined
  readonly #request: CallRequest

  constructor(request: CallRequest, token: string | undefined) {
    this.token = token
    this.#request = request
  }

  get remoteAddress(): string {
    return this.#request.remoteAddress
  }

  get signal(): AbortSignal | undefined {
    return this.#request.signal
  }
}

function wantsLines(request: CallRequest): boolean {
  return headerOf(request, 'accept')?.includes('application/x-ndjson') === true
}

function lines(body: AsyncIterable<string>, { headers }: Visit): CallReply {
  return { status: 200, headers: { ...headers, 'content-type': 'application/x-ndjson' }, body }
}

function answered(call: Addressed, answer: Answer, headers: Headers, status?: number): CallReply {
  const own = answer.ok ? 200 : errorHttpStatus[answer.code]
  return { status: status ?? own, headers, body: responseText(call, answer, true) }
}

function receipt({ requestId }: IncomingCall, status: number, headers: Headers): CallReply {
  const body = JSON.stringify({ success: true, message: received, request_id: requestId })
  return { status, headers, body }
}

/** The call goes on; its answer can be asked for. */
function pending({ requestId, procedure, lastProgress }: RunningCall, { headers }: Visit): CallReply {
  const location = `/api/calls/${encodeURIComponent(requestId)}`
  const state = { request_id: requestId, api: procedure, state: 'running', progress: lastProgress }
  const body = JSON.stringify({ success: true, message: received, ...state })
  return { status: 202, headers: { ...headers, location, 'retry-after': '1' }, body }
}

/** Nobody reads this: the caller has gone before its call was taken. */
function givenUp(): Answer {
  return failure(new PosthouseError('aborted', 'the caller has gone'))
}
