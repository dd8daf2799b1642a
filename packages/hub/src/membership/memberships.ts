import { PosthouseError, toPosthouseError } from '@posthouse/core'
import { errorFrame, type MembershipFrame } from '@posthouse/protocol'
import type { V1Link } from '../peers/v1-link.ts'

/** What a client can belong to or take from. */
export type ServedKind = 'group' | 'channel' | 'queue'

/**
 * Carries out what a client asks of one kind of address, and writes the answer.
 * @throws PosthouseError (also later) what the client is to be told
 */
export type MembershipServer = (link: V1Link, frame: MembershipFrame) => Promise<void>

/** Questions of one connection that wait for their answer. Spec: 4.7.9. */
const mostWaiting = 256

const served = /^(group|channel|queue):/

/** Brings what clients ask about groups, channels and queues to whoever serves them, for each client in order. */
export class Memberships {
  readonly #servers = new Map<string, MembershipServer>()
  readonly #waiting = new Map<V1Link, MembershipFrame[]>()

  /** Names the server of one kind. */
  serve(kind: ServedKind, server: MembershipServer): void {
    this.#servers.set(kind, server)
  }

  /** Takes a question. It is answered when those that the same connection asked before are. */
  receive(link: V1Link, frame: MembershipFrame): void {
    const waiting = this.#waiting.get(link)
    if (waiting === undefined) {
      const queue = [frame]
      this.#waiting.set(link, queue)
      void this.#work(link, queue)
    } else if (waiting.length < mostWaiting) waiting.push(frame)
    else {
      const error = new PosthouseError('window_exceeded', `more than ${mostWaiting} questions wait for their answer`)
      link.write([errorFrame(error, frame.op, frame.id)])
    }
  }

  async #work(link: V1Link, queue: MembershipFrame[]): Promise<void> {
    for (let frame = queue[0]; frame !== undefined; frame = queue[0]) {
      await this.#answer(link, frame)
      queue.shift()
    }
    this.#waiting.delete(link)
  }

  async #answer(link: V1Link, frame: MembershipFrame): Promise<void> {
    try {
      await this.#serverOf(frame)(link, frame)
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
