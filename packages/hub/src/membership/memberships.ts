import { PosthouseError, toPosthouseError } from '@posthouse/core'
import { errorFrame, type MembershipFrame } from '@posthouse/protocol'
import type { ClientRecord, SessionEntry } from '../clients/client-record.ts'
import type { V1Link } from '../peers/v1-link.ts'
import { endForbidden, type KeptSubscription } from './subscription.ts'

/** Serves what clients ask of one kind of address. */
export interface MembershipServer {
  /**
   * Carries out what a client asks, and writes the answer.
   * @throws PosthouseError (also later) what the client is to be told
   */
  receive(link: V1Link, frame: MembershipFrame): Promise<void>
  /** Goes on with a subscription of a session that an earlier run of the hub has left. */
  restore?(record: ClientRecord, entry: SessionEntry, kept: KeptSubscription): Promise<void>
}

/** Questions of one client that wait for their answer. Spec: 4.7.9. */
const mostWaiting = 256

const served = /^(group|channel|queue):/

interface Question {
  readonly link: V1Link
  readonly frame: MembershipFrame
}

/** Brings what clients ask about groups, channels and queues to whoever serves them, for each client in order. */
export class Memberships {
  readonly #servers = new Map<string, MembershipServer>()
  readonly #keep: (record: ClientRecord) => void
  /** By client and not by connection: what an older connection asked may still be on its way. */
  readonly #waiting = new Map<ClientRecord, Question[]>()

  /** @param keep has the subscriptions of a client's session kept with this tick's batch */
  constructor(keep: (record: ClientRecord) => void) {
    this.#keep = keep
  }

  /** Names the server of one kind. */
  serve(kind: 'group' | 'channel' | 'queue', server: MembershipServer): void {
    this.#servers.set(kind, server)
  }

  /** Takes a question. It is answered when those that the same client asked before are. */
  receive(link: V1Link, frame: MembershipFrame): void {
    const { record } = link.visit
    const waiting = this.#waiting.get(record)
    if (waiting === undefined) {
      const questions = [{ link, frame }]
      this.#waiting.set(record, questions)
      void this.#work(record, questions)
    } else if (waiting.length < mostWaiting) waiting.push({ link, frame })
    else {
      const error = new PosthouseError('window_exceeded', `more than ${mostWaiting} questions wait for their answer`)
      link.write([errorFrame(error, frame.op, frame.id)])
    }
  }

  /** Ends the subscriptions that a client may not have any more, and tells it. Spec: 4.7.11. */
  review(link: V1Link): void {
    const { record, entry } = link.visit
    if (record.link !== link) return
    const told = endForbidden(record, entry, link.access)
    if (told.length > 0) this.#keep(record)
    link.write(told)
  }

  /**
   * Goes on with a subscription that an earlier run of the hub has left.
   * @throws PosthouseError (also later) where that cannot be
   */
  async restore(record: ClientRecord, entry: SessionEntry, kept: KeptSubscription): Promise<void> {
    const [, kind = ''] = served.exec(kept.stream) ?? []
    await this.#servers.get(kind)?.restore?.(record, entry, kept)
  }

  async #work(record: ClientRecord, questions: Question[]): Promise<void> {
    for (let question = questions[0]; question !== undefined; question = questions[0]) {
      // Who has connected anew will ask again.
      if (record.link === question.link) await this.#answer(question)
      questions.shift()
    }
    this.#waiting.delete(record)
  }

  async #answer({ link, frame }: Question): Promise<void> {
    try {
      await this.#serverOf(frame).receive(link, frame)
    } catch (error) {
      link.write([errorFrame(toPosthouseError(error), frame.op, frame.id)])
    }
  }

  /** @throws PosthouseError `invalid_address`, `unsupported` */
  #serverOf({ op, to }: MembershipFrame): MembershipServer {
    const [, kind] = served.exec(to) ?? []
    const group = op === 'join' || op === 'leave'
    if (kind === undefined || group !== (kind === 'group')) {
      const wanted = group ? 'group:<name>' : 'channel:<pattern> or queue:<name>'
      throw new PosthouseError('invalid_address', `${op} is for ${wanted}, not ${JSON.stringify(to.slice(0, 100))}`)
    }
    const server = this.#servers.get(kind)
    if (server !== undefined) return server
    throw new PosthouseError('unsupported', `this hub does not serve ${kind}s`)
  }
}
