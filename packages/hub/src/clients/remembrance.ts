import { isClientId } from '@posthouse/core'
import type { HubParts } from '../hub-parts.ts'
import { type ClientStatus, StatusFile } from './status-file.ts'

/** Keeps what is known about clients from one run of the hub to the next, where a file for it is named. */
export class Remembrance {
  readonly #parts: Pick<HubParts, 'clock' | 'logger' | 'registry'>
  readonly #file: StatusFile | undefined

  /** @param path of the status file */
  constructor(parts: Pick<HubParts, 'clock' | 'logger' | 'registry'>, path: string | undefined) {
    this.#parts = parts
    const { clock, logger } = parts
    if (path !== undefined) this.#file = new StatusFile({ path, clock, logger, snapshot: () => this.#statuses() })
  }

  /**
   * Reads what earlier runs have left.
   * @throws PosthouseError `status_file`
   */
  async load(): Promise<void> {
    const { registry, logger } = this.#parts
    for (const [client, { lastSeen }] of (await this.#file?.load()) ?? []) {
      if (isClientId(client)) registry.known(client, lastSeen)
      else logger.warn('the status file names what is no client id', { client })
    }
    // A folder that cannot be written to should be told now, and not when the first client comes.
    await this.#file?.save()
  }

  /** Has what has changed written soon. */
  touch(): void {
    this.#file?.touch()
  }

  /**
   * Writes now.
   * @throws PosthouseError `status_file`
   */
  async save(): Promise<void> {
    await this.#file?.save()
  }

  #statuses(): ReadonlyMap<string, ClientStatus> {
    const statuses = new Map<string, ClientStatus>()
    for (const { id, online, lastSeen, session } of this.#parts.registry.all()) {
      if (!session?.transient) statuses.set(id, { online, lastSeen })
    }
    return statuses
  }
}
