import { assertClientId, PosthouseError, parseAddress } from '@posthouse/core'
import type { JoinFrame, LeaveFrame, MembershipFrame } from '@posthouse/protocol'
import type { Registry } from '../clients/registry.ts'
import type { MembershipServer } from '../membership/memberships.ts'
import type { V1Link } from '../peers/v1-link.ts'
import type { GroupBook } from './group-book.ts'

/** What an office of groups needs. */
export interface GroupOfficeOptions {
  readonly groups: GroupBook
  readonly registry: Registry
}

/** Lets clients join and leave groups, and their owners add and remove others. Spec: 4.7.1. */
export class GroupOffice implements MembershipServer {
  readonly #options: GroupOfficeOptions

  constructor(options: GroupOfficeOptions) {
    this.#options = options
  }

  /** Serves `join` and `leave`. */
  async receive(link: V1Link, frame: MembershipFrame): Promise<void> {
    if (frame.op === 'join') await this.#join(link, frame)
    else if (frame.op === 'leave') await this.#leave(link, frame)
  }

  async #join(link: V1Link, { id, to, client: whom, role: wanted }: JoinFrame): Promise<void> {
    const { groups, registry } = this.#options
    const { name } = parseAddress(to)
    link.access.assertMay('join', to)
    const asker = link.visit.record.id
    const client = whom === undefined ? asker : assertClientId(whom)
    if (client !== asker || (wanted === 'owner' && groups.get(name) !== undefined)) this.#assertManages(link, name)
    if (registry.get(client) === undefined) {
      throw new PosthouseError('unknown_recipient', `no client ${JSON.stringify(client)} has ever connected here`)
    }
    const { role } = await groups.join(name, client, wanted)
    link.write([{ op: 'join', id, to, members: groups.get(name)?.members.size ?? 0, role }])
  }

  async #leave(link: V1Link, { id, to, client: whom }: LeaveFrame): Promise<void> {
    const { groups } = this.#options
    const { name } = parseAddress(to)
    const asker = link.visit.record.id
    const client = whom === undefined ? asker : assertClientId(whom)
    if (client !== asker) {
      link.access.assertMay('join', to)
      this.#assertManages(link, name)
    }
    await groups.leave(name, client)
    link.write([{ op: 'leave', id, to }])
  }

  /** @throws PosthouseError `forbidden`, `unknown_recipient` */
  #assertManages({ access, visit }: V1Link, name: string): void {
    if (access.may('administer', 'hub') || this.#options.groups.known(name).isOwner(visit.record.id)) return
    const message = `${JSON.stringify(visit.record.id)} is no owner of the group ${JSON.stringify(name)}`
    throw new PosthouseError('forbidden', message)
  }
}
