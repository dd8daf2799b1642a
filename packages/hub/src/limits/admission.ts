import type { Clock } from '@posthouse/core'
import { isLoopback } from '../door/listen.ts'
import { AddressTable } from './address-table.ts'
import { networkOf } from './network.ts'
import type { Allowances } from './rates.ts'

/** Why somebody may not enter now. */
export interface TurnedAway {
  readonly status: '429 Too Many Requests' | '503 Service Unavailable'
  readonly reason: string
  /** When to come back, in seconds. */
  readonly retryAfterS: number
}

/** What an admission needs. */
export interface AdmissionOptions {
  readonly allowances: Allowances
  readonly clock: Clock
  /** Connections now. */
  readonly connections: () => number
}

/** Decides who may connect now, by how many there are and how often each address tries. Spec: 6.7. */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #attempts: AddressTable
  /** Connections that have not logged in, by network; one without any is not in it. */
  readonly #strangers = new Map<string, number>()
  #strangersInAll = 0

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#attempts = new AddressTable(options.allowances.connects, options.clock)
  }

  /** Says why a request from `address` may not enter, where it may not. Counts it as an attempt. */
  refusal(address: string | undefined): TurnedAway | undefined {
    const { allowances, connections } = this.#options
    const network = networkOf(address ?? 'unknown')
    const local = address === undefined || isLoopback(address)
    if (allowances.countLoopback.connects || !local) {
      const waitMs = this.#attempts.attempt(network)
      if (waitMs > 0) return tooMany('Too many connections were opened from your address.', Math.ceil(waitMs / 1000))
    }
    if (connections() >= allowances.connections) return full('The hub has as many connections as it may have.')
    if (this.#strangersInAll >= allowances.strangers) return full('Too many connections have not logged in yet.')
    const strangers = this.#strangers.get(network) ?? 0
    const counted = allowances.countLoopback.strangers || !local
    if (!counted || strangers < allowances.strangersPerAddress) return undefined
    return tooMany('Too many connections from your address have not logged in yet.', 1)
  }

  /** Counts a connection as not logged in, until what is returned is called. */
  enter(address: string | undefined): () => void {
    const network = networkOf(address ?? 'unknown')
    this.#count(network, 1)
    let counted = true
    return () => {
      if (counted) this.#count(network, -1)
      counted = false
    }
  }

  #count(network: string, change: 1 | -1): void {
    this.#strangersInAll += change
    const strangers = (this.#strangers.get(network) ?? 0) + change
    if (strangers > 0) this.#strangers.set(network, strangers)
    else this.#strangers.delete(network)
  }
}

function tooMany(reason: string, retryAfterS: number): TurnedAway {
  return { status: '429 Too Many Requests', reason, retryAfterS }
}

function full(reason: string): TurnedAway {
  return { status: '503 Service Unavailable', reason, retryAfterS: 5 }
}
