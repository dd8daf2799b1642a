import type { OutgoingBody } from '../request/outgoing-body.ts'
import { IncomingBody } from '../response/incoming-body.ts'

/** What went by of a body. */
export class Copied {
  readonly #limit: number
  #chunks: Uint8Array[] = []
  #size = 0

  /** @param limit bytes that are kept; of a larger body nothing is. */
  constructor(limit: number) {
    this.#limit = limit
  }

  add(chunk: Uint8Array): void {
    this.#size += chunk.length
    if (this.#size > this.#limit) this.#chunks = []
    else this.#chunks.push(chunk)
  }

  get size(): number {
    return this.#size
  }

  /** All bytes; undefined where they were too many. */
  get whole(): Uint8Array | undefined {
    return this.#size > this.#limit ? undefined : Buffer.concat(this.#chunks)
  }
}

/** The same body; `onEnd` is told once what went by, also where it did not come to its end. */
export function copied(body: IncomingBody, limit: number, onEnd: (copy: Copied) => void): IncomingBody {
  const copy = new Copied(limit)
  const noted = IncomingBody.from(passing(body, copy), (reason) => body.stop(reason))
  noted.onSettled(() => onEnd(copy))
  return noted
}

async function* passing(body: IncomingBody, copy: Copied): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    copy.add(chunk)
    yield chunk
  }
}

/** The bytes that are sent, where they are known without reading a stream and are not too many. */
export function sentBytes(body: OutgoingBody | undefined, limit: number): Uint8Array | undefined {
  if (body === undefined || !body.replayable || body.length === undefined || body.length > limit) return undefined
  const content = body.open()
  if (typeof content === 'string') return Buffer.from(content)
  return content instanceof Uint8Array ? content : undefined
}
