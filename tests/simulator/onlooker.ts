import { isDeepStrictEqual } from 'node:util'
import type { ClientInfo } from '@posthouse/protocol'

/** What of a client is compared: the hub tells when it was last seen only beside other news. */
type Seen = Omit<ClientInfo, 'lastSeen' | 'node'>

/** One life's picture of who is there, and what it says about itself. */
export class Onlooker {
  wanted = false
  /** Nothing until it was set. */
  state: unknown
  readonly #known = new Map<string, Seen>()

  /** Takes what the hub tells; says what about it cannot be. */
  heard(full: boolean, clients: readonly ClientInfo[]): string | undefined {
    if (full) this.#known.clear()
    let stale: string | undefined
    for (const info of clients) {
      const { generation: before = 0 } = this.#known.get(info.client) ?? {}
      if ((info.generation ?? 0) < before) stale = `${info.client} goes back from ${before} to ${info.generation}`
      this.#known.set(info.client, seen(info))
    }
    return stale
  }

  /** How its picture differs from what is true; nothing where it does not. */
  error(truth: readonly ClientInfo[]): string | undefined {
    const known = [...this.#known.values()].filter(({ online }) => online)
    known.sort((a, b) => (a.client < b.client ? -1 : 1))
    const wanted = truth.map(seen)
    if (isDeepStrictEqual(known, wanted)) return undefined
    return `sees ${JSON.stringify(known)} and not ${JSON.stringify(wanted)}`
  }
}

function seen({ lastSeen: _, node: __, ...rest }: ClientInfo): Seen {
  return rest
}
