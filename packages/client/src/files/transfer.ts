import { PosthouseError } from '@posthouse/core'
import type { FileHost } from './file-host.ts'
import { originOf } from './file-host.ts'
import type { FetchPlace, Grant } from './grant.ts'
import { fieldsOf, readGrant, readPlace } from './grant.ts'
import { type Persistence, type Progressed, persist } from './persist.ts'
import { Meter } from './progress.ts'
import type { TransferGate } from './transfer-gate.ts'
import type { TransferOptions } from './transfer-options.ts'

const usualPatienceMs = 300_000
const usualIdleMs = 30_000

/** One transfer: what its parts share. */
export class Transfer {
  readonly host: FileHost
  readonly signal: AbortSignal
  readonly gate: TransferGate | undefined
  readonly idleMs: number
  readonly meter: Meter
  readonly #persistence: Persistence

  /** @param closing aborted when the client closes. */
  constructor(host: FileHost, options: TransferOptions, closing: AbortSignal) {
    const { signal, gate, patienceMs = usualPatienceMs, idleMs = usualIdleMs, onProgress } = options
    for (const [name, value] of Object.entries({ patienceMs, idleMs })) {
      if (!(value > 0)) throw new PosthouseError('invalid_option', `${name} must be a number above 0, not ${value}`)
    }
    const { clock, random } = host
    this.host = host
    this.signal = signal ? AbortSignal.any([signal, closing]) : closing
    this.gate = gate
    this.idleMs = idleMs
    this.meter = new Meter(clock, onProgress, host.fail)
    this.#persistence = { clock, random, signal: this.signal, patienceMs }
  }

  /** Tries until it ends well, is given up, or fails for good. */
  persist<Value>(task: (progressed: Progressed) => Promise<Value>): Promise<Value> {
    return persist(this.#persistence, task)
  }

  /** Asks the hub, over as many connections as it takes. */
  ask(method: string, body: unknown): Promise<unknown> {
    return this.persist(() => this.host.ask(method, body, this.signal))
  }

  async askGrant(body: unknown): Promise<Grant> {
    return readGrant(await this.ask('files.upload', body), originOf(this.host.url))
  }

  async askPlace(key: string): Promise<FetchPlace> {
    return readPlace(await this.ask('files.url', { key, checks: true }), originOf(this.host.url))
  }

  /** The places of at most 200 keys, or why one has none. */
  async askPlaces(keys: readonly string[]): Promise<readonly (FetchPlace | PosthouseError)[]> {
    const { files } = fieldsOf(await this.ask('files.urls', { keys, checks: true }))
    if (!Array.isArray(files) || files.length !== keys.length) {
      throw new PosthouseError('invalid_body', 'the hub told of other files than was asked')
    }
    return files.map((row) => failureOf(row) ?? readPlace(row, originOf(this.host.url)))
  }
}

/** The failure that a row of a list stands for. */
export function failureOf(row: unknown): PosthouseError | undefined {
  const { error } = fieldsOf(row)
  if (error === undefined) return undefined
  const { code, message } = fieldsOf(error)
  // The hub names codes of the one table.
  return new PosthouseError(String(code) as PosthouseError['code'], String(message))
}
