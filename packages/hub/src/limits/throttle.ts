import { type Clock, PosthouseError } from '@posthouse/core'
import { TokenBucket } from '@posthouse/core/policy'
import type { BadFrame, ClientFrame } from '@posthouse/protocol'
import type { HubParts } from '../hub-parts.ts'
import type { ResolvedRate } from './rates.ts'

type Frames = readonly (ClientFrame | BadFrame)[]

/** One of the two things that a connection has a rate of. */
interface Allowance {
  readonly rate: ResolvedRate
  readonly bucket: TokenBucket
  /** What came above the rate; made when something does. */
  excess: TokenBucket | undefined
}

/**
 * Holds one v1 connection to its rates. What comes above a rate is refused; what comes above twice the rate ends the
 * connection. Asked once for each WebSocket message, because a clock is read for it. Spec: 6.7.
 */
export class Throttle {
  readonly #clock: Clock
  readonly #messages: Allowance | undefined
  readonly #bytes: Allowance | undefined
  readonly #mostFree: number
  /** Acknowledgements that cost nothing, because deliveries have asked for them. */
  #free = 0

  constructor({ clock, limits, allowances }: Pick<HubParts, 'limits' | 'allowances'> & { readonly clock: Clock }) {
    const { messages, bytes } = allowances
    this.#clock = clock
    this.#mostFree = limits.windowMessages
    this.#messages = allowance(messages, clock)
    this.#bytes = allowance(bytes, clock)
  }

  /**
   * Takes the frames of one WebSocket message and returns them, each `send` and `request` above a rate as a refusal of it.
   * @throws PosthouseError `rate_limited` where the connection must be closed
   */
  admit(frames: Frames, bytes: number): Frames {
    const fits = this.#bytes === undefined || this.#bytes.bucket.take(bytes)
    const counted = this.#counted(frames)
    const allowed = this.#messages?.bucket.takeUpTo(counted) ?? counted
    if (fits && allowed === counted) return frames
    const far =
      (fits ? undefined : this.#excess(this.#bytes, bytes, 'bytes')) ??
      (allowed < counted ? this.#excess(this.#messages, counted - allowed, 'messages') : undefined)
    if (far !== undefined) throw far
    const first = fits ? allowed + frames.length - counted : 0
    return frames.map((frame, index) => (index < first ? frame : refused(frame)))
  }

  /** A message was delivered, which is to be acknowledged: a receiver cannot help how much it is sent. */
  delivered(): void {
    if (this.#free < this.#mostFree) this.#free++
  }

  /** Counts a WebSocket ping or pong as a message; gives an error where the connection must be closed. */
  ping(): PosthouseError | undefined {
    if (this.#messages?.bucket.take() !== false) return undefined
    return this.#excess(this.#messages, 1, 'messages')
  }

  #counted(frames: Frames): number {
    // An empty array asks for nothing, and still has to be read.
    let counted = Math.max(1, frames.length)
    for (const { op } of frames) {
      if (op !== 'ack' || this.#free === 0) continue
      this.#free--
      counted--
    }
    return counted
  }

  /** Takes what came above a rate from what may come above it. */
  #excess(allowance: Allowance | undefined, count: number, what: string): PosthouseError | undefined {
    if (allowance === undefined) return undefined
    const { rate } = allowance
    allowance.excess ??= new TokenBucket({ ...rate, clock: this.#clock })
    if (allowance.excess.take(count)) return undefined
    return new PosthouseError('rate_limited', `far more than ${rate.perSecond} ${what} per second came`)
  }
}

function allowance(rate: ResolvedRate, clock: Clock): Allowance | undefined {
  if (rate.perSecond === Number.POSITIVE_INFINITY) return undefined
  return { rate, bucket: new TokenBucket({ ...rate, clock }), excess: undefined }
}

/** What asks nothing of anyone else is served all the same: a client must be able to acknowledge and to show life. */
function refused(frame: ClientFrame | BadFrame): ClientFrame | BadFrame {
  if (frame.op !== 'send' && frame.op !== 'request') return frame
  const error = new PosthouseError(
    'rate_limited',
    `${frame.op}: more came than the hub takes from one client per second`,
  )
  const { id } = frame
  const n = frame.op === 'send' && frame.qos !== 0 ? frame.n : undefined
  return { op: 'bad', error, about: frame.op, id, ...(n !== undefined && { n }) }
}
