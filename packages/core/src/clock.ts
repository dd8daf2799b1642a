/** Something that will happen once, unless it is disposed of before. */
export interface Timer extends Disposable {
  /** Lets the process end although the timer is pending. No effect where there is no process. */
  unref(): Timer
}

/** Where time comes from. Real in production, moved by hand in tests. */
export interface Clock {
  /** Wall time in Unix milliseconds. It may jump. */
  now(): number
  /** Milliseconds that only grow, for measuring. */
  elapsed(): number
  /** Runs `task` once, `ms` milliseconds from now. */
  after(ms: number, task: () => void): Timer
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms, task) => new SystemTimer(ms, task),
}

/** What `setTimeout` can count to; anything longer it runs at once. */
const longestTimeout = 2 ** 31 - 1

class SystemTimer implements Timer {
  readonly #task: () => void
  #handle: ReturnType<typeof setTimeout> | undefined
  #referenced = true

  constructor(ms: number, task: () => void) {
    this.#task = task
    this.#wait(ms)
  }

  unref(): Timer {
    this.#referenced = false
    if (typeof this.#handle === 'object') this.#handle.unref()
    return this
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#handle)
  }

  #wait(ms: number): void {
    const rest = ms - longestTimeout
    this.#handle = rest > 0 ? setTimeout(() => this.#wait(rest), longestTimeout) : setTimeout(this.#task, ms)
    if (!this.#referenced) this.unref()
  }
}

interface Appointment {
  readonly at: number
  readonly task: () => void
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #wall: number
  #elapsed = 0
  /** The next one first; those of one time in the order of their requests. */
  readonly #appointments: Appointment[] = []

  /** @param wall the first wall time, in Unix milliseconds. */
  constructor(wall = 1_700_000_000_000) {
    this.#wall = wall
  }

  now(): number {
    return this.#wall
  }

  elapsed(): number {
    return this.#elapsed
  }

  after(ms: number, task: () => void): Timer {
    const appointment = { at: this.#elapsed + Math.max(0, ms), task }
    this.#appointments.splice(this.#placeOf(appointment.at), 0, appointment)
    const timer: Timer = {
      unref: () => timer,
      [Symbol.dispose]: () => {
        const index = this.#appointments.indexOf(appointment)
        if (index !== -1) this.#appointments.splice(index, 1)
      },
    }
    return timer
  }

  /** How many timers wait. Zero once every owner has cleaned up. */
  get pending(): number {
    return this.#appointments.length
  }

  /** Moves time on by `ms`, running what falls due, in order of its time. A task may move the clock on itself. */
  advance(ms: number): void {
    const end = this.#elapsed + ms
    for (let next = this.#appointments[0]; next && next.at <= end; next = this.#appointments[0]) {
      this.#appointments.shift()
      this.#moveTo(next.at)
      next.task()
    }
    this.#moveTo(end)
  }

  /** Sets the wall clock forward or back, as an administrator or NTP would; timers do not notice. */
  jump(ms: number): void {
    this.#wall += ms
  }

  /** Behind all that are not later. */
  #placeOf(at: number): number {
    let low = 0
    let high = this.#appointments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#appointments[middle]?.at ?? at) <= at) low = middle + 1
      else high = middle
    }
    return low
  }

  // Never back: a task may have moved the clock further than the one who ran it wanted to.
  #moveTo(elapsed: number): void {
    const step = Math.max(0, elapsed - this.#elapsed)
    this.#wall += step
    this.#elapsed += step
  }
}
