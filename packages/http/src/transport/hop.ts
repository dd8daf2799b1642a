import type { HttpHeaders } from '../headers/http-headers.ts'
import type { OutgoingBody } from '../request/outgoing-body.ts'
import type { Lifeline } from '../timing/lifeline.ts'
import type { Phase } from '../timing/phase.ts'
import type { HopChange, HopRequest } from './transport.ts'

/** What an attempt sends first. */
export interface HopFields {
  readonly method: string
  readonly url: URL
  readonly headers: HttpHeaders
  readonly body: OutgoingBody | undefined
}

/** A hop whose time is kept by the lifeline of its request. A class, since one is made for each request and costs little. */
export class Hop implements HopRequest {
  readonly method: string
  readonly url: URL
  readonly headers: HttpHeaders
  readonly body: OutgoingBody | undefined
  readonly attempt: number
  readonly #lifeline: Lifeline

  constructor(fields: HopFields, attempt: number, lifeline: Lifeline) {
    this.method = fields.method
    this.url = fields.url
    this.headers = fields.headers
    this.body = fields.body
    this.attempt = attempt
    this.#lifeline = lifeline
  }

  get signal(): AbortSignal {
    return this.#lifeline.signal
  }

  onAbort(listener: ((reason: Error) => void) | undefined): void {
    this.#lifeline.onAbort(listener)
  }

  enter(phase: Phase | undefined): void {
    this.#lifeline.enter(phase)
  }

  derive({ method = this.method, url = this.url, headers = this.headers, ...rest }: HopChange): Hop {
    const body = 'body' in rest ? rest.body : this.body
    return new Hop({ method, url, headers, body }, this.attempt, this.#lifeline)
  }
}
