import { PosthouseError, toPosthouseError } from '@posthouse/core'
import type { BadFrame, ClientFrame, HubAction, ReadFrame } from '@posthouse/protocol'
import { assertFits, assertKind } from '../door/hub-codec.ts'
import { publish, refuse } from './publish.ts'
import type { V1Link } from './v1-link.ts'
import { endSession } from './v1-sessions.ts'
import type { V1Visit } from './v1-visit.ts'
import { watch } from './watch.ts'

/** What comes in from one v1 client: messages become frames, and frames what its session makes of them. */
export class V1Reader {
  readonly #visit: V1Visit
  readonly #link: V1Link
  /** What came before `welcome` went out. */
  #early: (ClientFrame | BadFrame)[] | undefined = []
  #earlyBytes = 0

  constructor(link: V1Link) {
    this.#visit = link.visit
    this.#link = link
  }

  /** The client is welcome: what came early is taken now. */
  open(): void {
    const early = this.#early ?? []
    this.#early = undefined
    this.receive(early)
  }

  /** Takes frames in the order in which they came. */
  receive(frames: readonly (ClientFrame | BadFrame)[]): void {
    const { connection, entry } = this.#visit
    for (const frame of frames) {
      if (!connection.open) return
      if (this.#early === undefined) for (const action of entry.session.receive(frame)) this.#act(action)
      else this.#early.push(frame)
    }
  }

  /** Takes one WebSocket message. */
  message(data: Uint8Array, binary: boolean): void {
    const { codec, parts } = this.#visit
    try {
      assertKind(codec, binary)
      assertFits(data, parts.limits)
      if (this.#early !== undefined) this.#boundEarly(data.byteLength)
      const frames = codec.decode(data)
      parts.tally.framesReceived += frames.length
      this.receive(this.#link.throttle.admit(frames, data.byteLength))
    } catch (error) {
      this.#link.fail(toPosthouseError(error))
    }
  }

  #boundEarly(bytes: number): void {
    this.#earlyBytes += bytes
    if (this.#earlyBytes <= this.#visit.parts.limits.frameBytes) return
    throw new PosthouseError('window_exceeded', `${this.#earlyBytes} bytes came before welcome`)
  }

  #act(action: HubAction): void {
    const { parts, record, entry } = this.#visit
    const link = this.#link
    switch (action.do) {
      case 'write':
        link.write([action.frame])
        break
      case 'publish':
        if (action.frame.n === undefined || parts.intake.open) publish(link, action.frame)
        break
      case 'refuse':
        // Behind a message that is left to the next hub nothing may be remembered: that message would count as a duplicate.
        if (parts.intake.open) refuse(link, action.n, action.error)
        break
      case 'acknowledge':
        link.acknowledged(action.seq, action.stream)
        break
      case 'return':
        parts.delivery.returned(record, action)
        break
      case 'read':
        this.#read(action.frame)
        break
      case 'list':
        link.write(parts.presence.answer(entry, action))
        break
      case 'watch':
        watch(link, action)
        break
      case 'state':
        link.write(parts.presence.setState(record, action.state))
        parts.keeper.touch(record)
        break
      case 'membership':
        parts.memberships.receive(link, action.frame)
        break
      case 'call':
        parts.exchange.receive(link.calls, action.frame)
        break
      case 'leave':
        this.#leave()
        break
      case 'close':
        link.fail(action.error)
        break
    }
  }

  #read(frame: ReadFrame): void {
    const { parts, record } = this.#visit
    parts.delivery.read(record, frame).then(
      (answer) => this.#link.write(answer),
      (error: unknown) => this.#link.fail(toPosthouseError(error, 'store_failed')),
    )
  }

  #leave(): void {
    const { parts, record, connection } = this.#visit
    const { session } = record
    if (session !== undefined) session.will = undefined
    endSession(record, parts)
    connection.close(1000, 'bye')
  }
}
