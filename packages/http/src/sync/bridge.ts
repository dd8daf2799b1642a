import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { PosthouseError } from '@posthouse/core'
import { requestContext } from '../request/request-id.ts'
import { CallerValues } from './caller-values.ts'
import { cells, type FromWorker, type Operation, type Reply, type ToWorker } from './messages.ts'

/** Time for the thread to start, in milliseconds. */
const startLimitMs = 30_000
/** A thread that shows no sign of life for so long has ended, however long its garbage is collected, in milliseconds. */
const silenceMs = 30_000

/** The one thread that sends requests, seen from a thread that waits for their answers. */
export class Bridge {
  readonly values: CallerValues = new CallerValues()
  readonly #memory: Int32Array
  readonly #port: MessagePort
  readonly #replies: MessagePort
  /** What came for somebody who waits further out: a hook that sends a request itself. */
  readonly #held: FromWorker[] = []
  #isDead = false
  #calls = 0
  /** How many functions run here for which the other thread stands still. */
  #blocked = 0
  #clients = 0

  constructor() {
    const memory = new SharedArrayBuffer(12)
    const main = new MessageChannel()
    const replies = new MessageChannel()
    this.#memory = new Int32Array(memory)
    this.#port = main.port1
    this.#replies = replies.port1
    const worker = new Worker(new URL(import.meta.resolve('#sync-worker')), {
      workerData: { memory, port: main.port2, replies: replies.port2 },
      transferList: [main.port2, replies.port2],
      name: 'posthouse-http-sync',
      ...flags(),
    })
    // A program that has nothing else to do ends.
    worker.unref()
    worker.once('exit', () => {
      this.#isDead = true
    })
    const first = this.#receive(startLimitMs)
    if (first?.kind === 'ready') return
    const cause = first?.kind === 'broken' ? this.values.unpack(first.error) : undefined
    throw new PosthouseError('internal', 'the thread of the synchronous client did not start', { cause })
  }

  /** Makes a client there. @throws `invalid_option` */
  open(options: unknown): number {
    const client = ++this.#clients
    this.#post({ kind: 'open', client, options })
    this.call(client, 'stats', undefined)
    return client
  }

  /** True once the other thread has ended: its clients are gone. */
  get isDead(): boolean {
    return this.#isDead
  }

  /** A number for a client that an operation is to make. */
  newClient(): number {
    return ++this.#clients
  }

  /** Waits for what an operation comes to. Functions of the caller run in between, here. */
  call(client: number, operation: Operation, args: unknown): unknown {
    if (this.#blocked > 0) throw standstill()
    if (this.#isDead) throw ended()
    const id = ++this.#calls
    this.#post({ kind: 'call', id, client, operation, args, requestId: requestContext.getStore()?.requestId })
    for (;;) {
      const outcome = this.#outcome(id)
      if (outcome?.kind === 'done') return this.values.unpack(outcome.value)
      if (outcome !== undefined) throw this.values.unpack(outcome.error)
    }
  }

  /** Deals with the next message; gives it back if it is what a call came to. */
  #outcome(id: number): Exclude<FromWorker, { kind: 'ready' | 'ask' | 'tell' }> | undefined {
    const message = this.#heldFor(id) ?? this.#receive(Number.POSITIVE_INFINITY)
    if (message === undefined || message.kind === 'ready') return undefined
    if (message.kind === 'ask') this.#answer(message)
    else if (message.kind === 'tell') this.values.tell(message.fn, message.args)
    else if (message.kind === 'broken' || message.id === id) return message
    else this.#held.push(message)
    return undefined
  }

  #heldFor(id: number): FromWorker | undefined {
    const at = this.#held.findIndex((message) => 'id' in message && message.id === id)
    return at < 0 ? undefined : this.#held.splice(at, 1)[0]
  }

  /** A client that nobody can use any more is closed over there. */
  forget(client: number): void {
    this.#post({ kind: 'forget', client })
  }

  #answer({ fn, args, ask }: Extract<FromWorker, { kind: 'ask' }>): void {
    if (ask === undefined) this.#blocked++
    const reply: Reply = this.values.ask(fn, args)
    if (ask !== undefined) this.#post({ kind: 'reply', ask, reply })
    else this.#release(reply)
  }

  #release(reply: Reply): void {
    this.#blocked--
    this.#replies.postMessage(reply)
    Atomics.add(this.#memory, cells.toWorker, 1)
    Atomics.notify(this.#memory, cells.toWorker)
  }

  #post(message: ToWorker): void {
    this.#port.postMessage(message)
  }

  /** Waits for the next message. Undefined when it takes longer than `limitMs`. @throws `internal` once nobody can send one */
  #receive(limitMs: number): FromWorker | undefined {
    for (let beat = this.#beat; ; ) {
      const seen = Atomics.load(this.#memory, cells.toCaller)
      const received: { message: FromWorker } | undefined = receiveMessageOnPort(this.#port)
      if (received !== undefined) return received.message
      const waited = Atomics.wait(this.#memory, cells.toCaller, seen, Math.min(limitMs, silenceMs))
      if (waited !== 'timed-out') continue
      if (limitMs <= silenceMs) return undefined
      if (beat === this.#beat) this.#isDead = true
      if (this.#isDead) throw ended()
      beat = this.#beat
    }
  }

  get #beat(): number {
    return Atomics.load(this.#memory, cells.alive)
  }
}

/** A program that comes by standard input tells its language by a flag that no file may have. */
function flags(): { execArgv?: string[] } {
  if (!process.execArgv.some((flag) => flag.startsWith('--input-type'))) return {}
  return { execArgv: process.execArgv.filter((flag) => flag.startsWith('--conditions=')) }
}

function standstill(): PosthouseError {
  const message =
    'no request can be sent from within a function that decides on retries, makes ids or is told of a request'
  return new PosthouseError('invalid_option', message)
}

function ended(): PosthouseError {
  return new PosthouseError(
    'internal',
    'the thread of the synchronous client has ended, and its clients with it; make a new one',
  )
}

let shared: Bridge | undefined

/** The bridge of this thread; its first use starts the other thread, and the first one after that has ended another. */
export function bridge(): Bridge {
  if (shared === undefined || shared.isDead) shared = new Bridge()
  return shared
}
