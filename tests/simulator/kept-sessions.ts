import { hash } from 'node:crypto'
import type { Batch } from '@posthouse/core'
import { readSession, sessionRecords } from '../../packages/hub/src/clients/session-record.ts'

/** The sessions that the store was seen to take: those that the next hub goes on with. */
export class KeptSessions {
  readonly #tokens = new Map<string, readonly string[]>()

  committed({ records = [] }: Batch): void {
    for (const { kind, key, value } of records) {
      if (kind !== sessionRecords) continue
      const session = readSession(value)
      if (session === undefined) this.#tokens.delete(key)
      else this.#tokens.set(key, session.tokens)
    }
  }

  /** True where a session of the client is kept, whichever it is. */
  has(client: string): boolean {
    return this.#tokens.has(client)
  }

  /** True where what a client was given resumes the session that is kept. */
  isResumedBy(client: string, token: string): boolean {
    return this.#tokens.get(client)?.includes(hash('sha256', token, 'base64')) === true
  }
}
