import { Random } from '../simulator/random.ts'
import { Crew } from './crew.ts'
import { MortalHub } from './mortal-hub.ts'

/** How often a hub is killed, and when. */
export interface KillOptions {
  readonly kills: number
  /** The moments are drawn from it, as far as a seed can say them: in messages and turns of the event loop. */
  readonly seed: number
  /** Kills no more once it is aborted, and looks at what there is. */
  readonly signal?: AbortSignal
  readonly onKill?: (kills: number, confirmed: number) => void
}

/** What became of the messages. */
export interface KillReport {
  readonly kills: number
  readonly confirmed: number
  /** Messages that were lost, came twice or out of order, sessions that were lost; empty where all is well. */
  readonly faults: readonly string[]
}

/** Kills a hub under load again and again, and starts it anew; in the end everything must have come once and in order. */
export async function killHubs({ kills, seed, signal, onKill }: KillOptions): Promise<KillReport> {
  const random = new Random(seed)
  await using hub = await MortalHub.start()
  await using crew = await Crew.start({ url: hub.url, senders: 3, receivers: 3 })
  let done = 0
  while (done < kills && crew.faults.length === 0 && signal?.aborted !== true) {
    await crew.progress(random.below(20))
    await turns(random.below(20))
    await hub.kill()
    done++
    // Some are killed again while they begin.
    if (random.chance(0.1)) {
      hub.rise()
      await turns(random.below(2000))
      await hub.kill()
      done++
    }
    await hub.begin()
    onKill?.(done, crew.confirmed)
  }
  await crew.finish()
  return { kills: done, confirmed: crew.confirmed, faults: crew.faults }
}

/** So many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
