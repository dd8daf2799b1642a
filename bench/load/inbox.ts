import { bodyOf } from './body.ts'
import { fieldsOf, numberedFrames } from './durable/numbered-script.ts'
import { CumulativeConfirmations } from './durable/readers.ts'
import type { Job, Running, Work } from './job.ts'
import { Line } from './line.ts'
import { forAll, Member } from './member.ts'
import { posthouseJson } from './posthouse.ts'
import { messageId } from './script.ts'
import { someOf } from './settle.ts'
import { percentiles } from './stopwatch.ts'

const bodyBytes = 300
/** Messages without a confirmation. */
const inFlight = 500
/** Clients that come for their messages at the end. */
const drained = 500

/** Clients that have been here once; each is sent the same number of messages, and a few come for them. */
export async function inbox({ port }: Pick<Job, 'port'>, work: Extract<Work, { kind: 'inbox' }>): Promise<Running> {
  const memberOf = (index: number): Member => new Member({ port, client: nameOf(index), bodyBytes })
  await forAll(visitors(work.clients, memberOf), async (member) => {
    await member.join()
    await member.leave()
  })
  const line = await Line.open(port, posthouseJson(1), 's0')
  const filling = new Filling(line, work)
  return {
    delivered: () => filling.confirmed,
    begin: () => filling.start(),
    finish: () => filling.done,
    end: async () => {
      const errors: (string | undefined)[] = [filling.error, line.error]
      line.close()
      const us: number[] = []
      for (let index = 0; index < drained; index++) {
        const member = memberOf(Math.floor((index * work.clients) / drained))
        us.push(await drain(member, work.messages))
        errors.push(member.error)
      }
      return { errors: someOf(errors), latency: percentiles(us) }
    },
  }
}

/** Writes to everyone in turn, as fast as that is confirmed. */
class Filling {
  confirmed = 0
  readonly done: Promise<void>
  readonly #line: Line
  readonly #reader = new CumulativeConfirmations('"n":', '"state":"stored"')
  readonly #script: ReturnType<typeof numberedFrames>
  readonly #total: number
  readonly #end: () => void
  #sent = 0

  constructor(line: Line, { clients, messages }: Extract<Work, { kind: 'inbox' }>) {
    this.#line = line
    this.#total = clients * messages
    const texts = Array.from({ length: clients }, (_, index) => messageFor(index))
    this.#script = numberedFrames(texts, [fieldsOf.n, fieldsOf.label((number) => Math.floor(number / clients))])
    const end = Promise.withResolvers<void>()
    this.done = end.promise
    this.#end = end.resolve
  }

  get error(): string | undefined {
    return this.#reader.error
  }

  start(): void {
    this.#line.onBytes = (chunk) => {
      this.confirmed += this.#reader.take(chunk)
      if (this.confirmed === this.#total || this.error !== undefined) this.#end()
      else this.#pump()
    }
    this.#pump()
  }

  #pump(): void {
    const free = Math.min(inFlight - (this.#sent - this.confirmed), this.#total - this.#sent)
    if (free > 0) this.#sent += this.#script.write(this.#line, free)
  }
}

function* visitors(count: number, memberOf: (index: number) => Member): Generator<Member> {
  for (let index = 0; index < count; index++) yield memberOf(index)
}

function nameOf(index: number): string {
  return `r${String(index).padStart(6, '0')}`
}

function messageFor(client: number): string {
  const to = nameOf(client)
  const body = bodyOf(0, 0, bodyBytes)
  return JSON.stringify({ op: 'send', id: messageId(0, client), to, type: 'text', n: fieldsOf.n.of(0), body })
}

/** Comes, takes everything and goes; returns how long it took until everything was there. */
async function drain(member: Member, messages: number): Promise<number> {
  const all = Promise.withResolvers<void>()
  member.onNews = () => {
    if (member.received >= messages || !member.connected) all.resolve()
  }
  const began = performance.now()
  await member.join()
  await all.promise
  const us = (performance.now() - began) * 1000
  await member.leave()
  if (member.received !== messages) throw new Error(`${member.received} of ${messages} messages came`)
  return us
}
