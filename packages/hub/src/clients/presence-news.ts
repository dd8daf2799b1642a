import { jsonHubCodec } from '@posthouse/protocol'
import { msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { type Encoded, measured } from '../routing/encoded.ts'
import type { ClientRecord, SessionCarrier } from './client-record.ts'
import { type PageOptions, pagesOf } from './presence-pages.ts'

/** What a tick has changed: encoded once for all watchers who see the same of it in the same dialect. */
export class PresenceNews {
  readonly #records: readonly ClientRecord[]
  readonly #options: PageOptions
  /** By dialect and the ids that are seen. */
  readonly #editions = new Map<string, readonly Encoded[]>()

  constructor(records: readonly ClientRecord[], options: PageOptions) {
    this.#records = records
    this.#options = options
  }

  /** The frames for one watcher; none where it may see nothing of this. */
  edition({ dialect, access }: Pick<SessionCarrier, 'dialect' | 'access'>): readonly Encoded[] {
    const all = access.mayAlways('see')
    const seen = all ? this.#records : this.#records.filter(({ id }) => access.sees(id))
    if (seen.length === 0) return []
    const name = seen.length === this.#records.length ? dialect : [dialect, ...seen.map(({ id }) => id)].join('\n')
    let frames = this.#editions.get(name)
    if (frames === undefined) {
      const codec = dialect === 'json' ? jsonHubCodec : msgpackHubCodec
      frames = Array.from(pagesOf(seen, this.#options), ({ clients }) =>
        measured(codec.encode({ op: 'presence', full: false, clients })),
      )
      this.#editions.set(name, frames)
    }
    return frames
  }
}
