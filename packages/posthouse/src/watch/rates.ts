import type { HubStats, PeerStats } from '@posthouse/hub'

/** What a hub does in a second. */
export interface Rates {
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly refusals: number
  readonly calls: number
}

/** What one client sends and is sent, in messages a second. */
export interface PeerRates {
  readonly in: number
  readonly out: number
}

/** What happened between two looks at a hub; nothing where it is another one, or was restarted. */
export class Interval {
  readonly #now: HubStats
  readonly #before: HubStats
  readonly #seconds: number
  readonly #peers: ReadonlyMap<string, PeerStats>

  private constructor(now: HubStats, before: HubStats) {
    this.#now = now
    this.#before = before
    this.#seconds = (now.uptimeMs - before.uptimeMs) / 1000
    this.#peers = new Map(before.peers?.map((peer) => [peer.client, peer]))
  }

  static between(now: HubStats, before: HubStats | undefined): Interval | undefined {
    if (before === undefined || before.node !== now.node || before.startedAt !== now.startedAt) return undefined
    return now.uptimeMs > before.uptimeMs ? new Interval(now, before) : undefined
  }

  get rates(): Rates {
    return {
      messagesIn: this.#rate('publishedLive') + this.#rate('publishedStored'),
      messagesOut: this.#rate('deliveredLive') + this.#rate('deliveredStored'),
      bytesIn: this.#rate('socketBytesReceived'),
      bytesOut: this.#rate('frameBytesSent'),
      refusals: this.#rate('refused.'),
      calls: this.#rate('calls'),
    }
  }

  /** Nothing where the client was not listed before. */
  ratesOf(peer: PeerStats): PeerRates | undefined {
    const before = this.#peers.get(peer.client)
    if (before === undefined) return undefined
    const rate = (name: 'received' | 'delivered'): number => Math.max(0, peer[name] - before[name]) / this.#seconds
    return { in: rate('received'), out: rate('delivered') }
  }

  /** How fast a counter grows; with a dot at the end, all that begin with it. */
  #rate(name: string): number {
    return Math.max(0, countOf(this.#now, name) - countOf(this.#before, name)) / this.#seconds
  }
}

function countOf({ counters }: HubStats, name: string): number {
  if (!name.endsWith('.')) return counters[name] ?? 0
  let sum = 0
  for (const [each, count] of Object.entries(counters)) if (each.startsWith(name)) sum += count
  return sum
}
