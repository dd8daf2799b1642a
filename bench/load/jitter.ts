import { setTimeout as delay } from 'node:timers/promises'
import { bodyOf } from './body.ts'
import type { Job, Running, Work } from './job.ts'
import { joinAll, Member } from './member.ts'
import { settle, someOf } from './settle.ts'
import { percentiles } from './stopwatch.ts'

/** How often each connection is cut, and for how long its client is away. */
const cutEveryMs = 15_000
const awayMs = 2000
/** The first wait of a client whose server is gone is up to so long; each one after that up to twice the one before. */
const firstWaitMs = 500
const mostWaitMs = 20_000
/** The longest that a timer can be set to: such a connection is never cut. */
const neverMs = 2 ** 31 - 1
const bodyBytes = 128

/** A member that is cut again and again, and how long it took each time until it had all that it had missed. */
class Wanderer {
  readonly member: Member
  readonly replaysUs: number[] = []
  readonly #kept: () => number
  #stopped = false
  #look: () => void = () => undefined

  /** @param kept how many messages it should have by now */
  constructor(member: Member, kept: () => number) {
    this.member = member
    this.#kept = kept
    member.onNews = () => this.#look()
  }

  /** Ends `live`. */
  stop(): void {
    this.#stopped = true
    this.#look()
  }

  /** Lives until it is stopped; then it is connected, and has what it should. */
  async live(firstCutMs: number): Promise<void> {
    let untilCutMs = firstCutMs
    while (!this.#stopped) {
      await this.#until(() => this.#stopped || !this.member.connected, untilCutMs)
      if (this.#stopped) break
      if (this.member.connected) {
        this.member.cut()
        await this.#until(() => this.#stopped, awayMs)
      } else await delay(Math.random() * firstWaitMs)
      untilCutMs = cutEveryMs - awayMs
      await this.#comeBack()
    }
    if (!this.member.connected) await this.#comeBack()
  }

  async #comeBack(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const missed = this.#kept()
      const began = performance.now()
      if (await this.#joins(missed)) {
        this.replaysUs.push((performance.now() - began) * 1000)
        return
      }
      await delay(Math.random() * Math.min(mostWaitMs, firstWaitMs * 2 ** attempt))
    }
  }

  /** Comes back and waits for what it has missed; false where that did not come to its end. */
  async #joins(missed: number): Promise<boolean> {
    try {
      await this.member.join()
    } catch {
      return false
    }
    await this.#until(() => this.member.received >= missed || !this.member.connected, mostWaitMs)
    return this.member.received >= missed
  }

  async #until(reached: () => boolean, ms: number): Promise<void> {
    if (reached()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#look = () => {
      if (reached()) resolve()
    }
    await promise
    clearTimeout(timer)
  }
}

/** Many clients that are cut and come back, while messages come for all of them. */
export async function jitter({ port }: Pick<Job, 'port'>, work: Extract<Work, { kind: 'jitter' }>): Promise<Running> {
  const sender = new Member({ port, client: 's0', bodyBytes })
  const author = new Wanderer(sender, () => 0)
  const readers = Array.from({ length: work.clients }, (_, index) => {
    return new Wanderer(new Member({ port, client: `r${index}`, bodyBytes }), () => sender.confirmed)
  })
  const all = [author, ...readers]
  await joinAll(all.map(({ member }) => member))
  const lives = readers.map((reader, index) => reader.live((cutEveryMs * (index + 1)) / readers.length))
  lives.push(author.live(neverMs))
  const timer = setInterval(() => sender.send('all', bodyOf(0, sender.sent, bodyBytes)), 1000 / work.perSecond)
  const sum = (of: (reader: Wanderer) => number): number => readers.reduce((total, each) => total + of(each), 0)
  return {
    delivered: () => sum(({ member }) => member.received),
    begin: () => {
      for (const { replaysUs } of readers) replaysUs.length = 0
    },
    end: async () => {
      clearInterval(timer)
      for (const each of all) each.stop()
      await Promise.all(lives)
      const missing = await settle(() => sum(({ member }) => sender.sent - member.received))
      const lost = missing > 0 ? `${missing} deliveries never came` : undefined
      const errors = someOf([lost, ...all.map(({ member }) => member.error)])
      for (const { member } of all) member.cut()
      return { errors, latency: percentiles(readers.flatMap(({ replaysUs }) => replaysUs)) }
    },
  }
}
