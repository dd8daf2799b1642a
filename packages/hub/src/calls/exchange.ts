import {
  type Address,
  type Clock,
  formatAddress,
  PosthouseError,
  parseAddress,
  toPosthouseError,
} from '@posthouse/core'
import {
  type CallFrame,
  errorFrame,
  errorInfo,
  type FrameBody,
  type Limits,
  type RequestFrame,
  type ResponseFrame,
} from '@posthouse/protocol'
import { AnswerProgress, usualCallMs } from '@posthouse/protocol/calls'
import type { Registry } from '../clients/registry.ts'
import { assertBodyFits } from '../limits/body-limit.ts'
import type { QueueBook } from '../queues/queue-book.ts'
import type { Tally } from '../stats/tally.ts'
import type { CallEntry } from './call-entry.ts'
import { administer, type CallPort, type OwnPort } from './call-port.ts'
import { Deadlines } from './deadlines.ts'

/** So many times the calls that one client may make may be under way to one callee. Spec: 6.1.4. */
export const calleeShare = 4
/** Longest message of an error that crosses, in UTF-16 code units. Spec: 4.8.5. */
const longestMessage = 4096

/** What an exchange needs. */
export interface ExchangeOptions {
  readonly registry: Registry
  readonly queues: Pick<QueueBook, 'get'>
  readonly clock: Clock
  readonly limits: Pick<Limits, 'bodyBytes' | 'calls'>
  readonly tally: Tally
}

/** Brings calls to those who answer them, and the answers back. Nothing of it is ever stored. Spec: 4.8. */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #deadlines: Deadlines<CallEntry>
  #hub: OwnPort | undefined
  #ids = 0
  #size = 0
  #draining: (() => void) | undefined

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#deadlines = new Deadlines(options.clock, (call) => {
      const message = `${call.callee.address} has not answered ${JSON.stringify(call.method)} in time`
      this.#fail(call, new PosthouseError('timeout', message))
    })
  }

  /** Calls under way. */
  get size(): number {
    return this.#size
  }

  /** Names the port that calls to the hub go to. */
  serve(hub: OwnPort): void {
    this.#hub = hub
  }

  /** Takes a frame that came in at a port. */
  receive(port: CallPort, frame: CallFrame): void {
    switch (frame.op) {
      case 'request':
        this.#request(port, frame)
        break
      case 'response':
        this.#answer(port, frame)
        break
      case 'cancel':
        this.#cancel(port.made.get(frame.id))
        break
      case 'credit':
        this.#grant(port.made.get(frame.id), frame.parts)
        break
    }
  }

  /** Ends the calls of a port whose connection is gone. Spec: 4.8.9. */
  close(port: CallPort): void {
    for (const call of port.made.values()) this.#cancel(call)
    for (const call of port.asked.values()) {
      this.#end(call)
      const message = `the connection of ${port.address} was lost while it was to answer ${JSON.stringify(call.method)}`
      this.#tell(call, new PosthouseError('call_lost', message))
    }
  }

  /** Takes no more calls, and resolves when none is under way. */
  async drain(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#draining = resolve
    if (this.#size === 0) resolve()
    await promise
  }

  /** Watches over no call any more. */
  clear(): void {
    this.#deadlines.clear()
  }

  #request(caller: CallPort, frame: RequestFrame): void {
    const { id, method, timeoutMs = usualCallMs } = frame
    if (caller.made.has(id)) {
      // A response would be taken for the answer to the first.
      const error = new PosthouseError('unexpected_frame', `a call with the id ${JSON.stringify(id)} is under way`)
      caller.write(errorFrame(error, 'request', id))
      return
    }
    try {
      const callee = this.#callee(caller, frame)
      const call: CallEntry = {
        caller,
        callerId: id,
        callee,
        id: `${++this.#ids}`,
        to: frame.to.startsWith('queue:') ? frame.to : callee.address,
        method,
        progress: new AnswerProgress(),
        step: 0,
      }
      this.#begin(call, timeoutMs)
      try {
        this.#options.tally.calls++
        callee.write(requestOf(call, frame.body, timeoutMs))
      } catch (error) {
        this.#end(call)
        throw error
      }
    } catch (cause) {
      const error = toPosthouseError(cause)
      this.#options.tally.callsFailed.add(error.code)
      caller.write({ op: 'response', id, error: errorInfo(error) })
    }
  }

  /** @throws PosthouseError what 4.8.3 lists */
  #callee(caller: CallPort, { to, method, body }: RequestFrame): CallPort {
    const { limits } = this.#options
    if (this.#draining !== undefined) throw new PosthouseError('draining', 'the hub is shutting down')
    const address = parseAddress(to)
    const permission = address.kind === 'hub' && this.#hub ? this.#hub.permissionFor(method) : method
    if (permission !== undefined) assertMay(caller, address, permission)
    const callee = this.#find(address)
    assertBodyFits(body, limits)
    if (caller.made.size >= limits.calls) {
      throw new PosthouseError('too_many_calls', `${caller.made.size} calls of ${caller.address} are under way`)
    }
    if (callee.asked.size >= limits.calls * calleeShare) {
      throw new PosthouseError('too_many_calls', `${callee.asked.size} calls to ${callee.address} are under way`)
    }
    return callee
  }

  #find(address: Address): CallPort {
    const { kind, name } = address
    if (kind === 'hub' && this.#hub !== undefined) return this.#hub
    if (kind === 'queue') return this.#worker(name)
    if (kind !== 'client') {
      throw new PosthouseError(
        'invalid_address',
        `${JSON.stringify(formatAddress(address))}: only a client, a worker of a queue or the hub can be called`,
      )
    }
    const record = this.#options.registry.get(name)
    if (record === undefined) {
      throw new PosthouseError('unknown_recipient', `no client ${JSON.stringify(name)} has ever connected here`)
    }
    if (!record.online || record.link === undefined) throw offline(name)
    const { calls: port } = record.link
    if (port?.answers !== true) {
      throw new PosthouseError('no_handler', `${JSON.stringify(name)} answers no calls`)
    }
    // A connection that has not been welcomed yet, or is about to end.
    if (!port.open) throw offline(name)
    return port
  }

  /** @throws PosthouseError `no_handler` */
  #worker(queue: string): CallPort {
    const port = this.#options.queues.get(queue)?.callee()
    if (port !== undefined) return port
    throw new PosthouseError(
      'no_handler',
      `no worker of the queue ${JSON.stringify(queue)} is there that answers calls`,
    )
  }

  #answer(callee: CallPort, frame: ResponseFrame): void {
    const call = callee.asked.get(frame.id)
    if (call === undefined) return
    const step = call.progress.take(frame)
    if (step instanceof PosthouseError) {
      this.#fail(call, step)
      return
    }
    if (step === 'over') this.#end(call)
    try {
      assertBodyFits(frame.body, this.#options.limits)
      call.caller.write(answerOf(frame, call.callerId))
    } catch (cause) {
      const error = toPosthouseError(cause)
      if (step === 'over') this.#tell(call, error)
      else this.#fail(call, error)
    }
  }

  #grant(call: CallEntry | undefined, parts: number): void {
    if (call === undefined) return
    call.progress.grant(parts)
    call.callee.write({ op: 'credit', id: call.id, parts })
  }

  /** Nobody waits for the answer any more. */
  #cancel(call: CallEntry | undefined): void {
    if (call === undefined) return
    this.#end(call)
    call.callee.write({ op: 'cancel', id: call.id })
  }

  #fail(call: CallEntry, error: PosthouseError): void {
    this.#cancel(call)
    this.#tell(call, error)
  }

  #tell(call: CallEntry, error: PosthouseError): void {
    this.#options.tally.callsFailed.add(error.code)
    call.caller.write({ op: 'response', id: call.callerId, error: errorInfo(error) })
  }

  #begin(call: CallEntry, timeoutMs: number): void {
    call.caller.made.set(call.callerId, call)
    call.callee.asked.set(call.id, call)
    call.step = this.#deadlines.add(call, timeoutMs)
    this.#size++
  }

  #end(call: CallEntry): void {
    if (!call.callee.asked.delete(call.id)) return
    call.caller.made.delete(call.callerId)
    this.#deadlines.delete(call, call.step)
    this.#size--
    if (this.#size === 0) this.#draining?.()
  }
}

/**
 * @param permission the name of the method, or what the hub wants instead
 * @throws PosthouseError `forbidden`
 */
function assertMay({ address: caller, access }: CallPort, callee: Address, permission: string): void {
  const address = formatAddress(callee)
  const own = callee.kind === 'hub'
  if (own && permission === administer ? access.may(administer, address) : access.mayCall(address, permission)) return
  throw new PosthouseError('forbidden', `${caller} may not call ${JSON.stringify(permission)} of ${address}`)
}

function offline(name: string): PosthouseError {
  return new PosthouseError('offline', `${JSON.stringify(name)} is not connected`)
}

function requestOf(
  { id, caller, to, method }: CallEntry,
  body: FrameBody | undefined,
  timeoutMs: number,
): RequestFrame {
  const head = { op: 'request', id, from: caller.address, to, method, timeoutMs } as const
  return body === undefined ? head : { ...head, body }
}

/** What the callee has said, without what is none of the caller's business. Spec: 4.8.5. */
function answerOf({ body, error, part, end }: ResponseFrame, id: string): ResponseFrame {
  if (error !== undefined) {
    const { code, number, message, retry } = error
    const cut = message.length > longestMessage ? message.slice(0, longestMessage).toWellFormed() : message
    return { op: 'response', id, error: { code, number, message: cut, retry } }
  }
  return {
    op: 'response',
    id,
    ...(part !== undefined && { part }),
    ...(end && { end }),
    ...(body !== undefined && { body }),
  }
}
