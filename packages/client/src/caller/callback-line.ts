/** Tasks that wait for a place, in lines of their own names. The lines take turns, so that a long one holds up nobody else. */
export class CallbackLine {
  readonly #limit: number
  /** Whose turn is next, first; only names with somebody in their line. */
  readonly #lines = new Map<string, (() => Promise<void>)[]>()
  #active = 0
  #waiting = 0
  #rested: () => void = () => undefined

  /** @param limit tasks that run at the same time. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Tasks that wait for a place. */
  get waiting(): number {
    return this.#waiting
  }

  /** Runs `task`, which does not reject, as soon as there is a place for it. */
  add(name: string, task: () => Promise<void>): void {
    const line = this.#lines.get(name)
    if (line === undefined) this.#lines.set(name, [task])
    else line.push(task)
    this.#waiting++
    this.#fill()
  }

  /** Resolves when nothing runs and nothing waits. */
  async rest(): Promise<void> {
    while (this.#active + this.#waiting > 0) await new Promise<void>((resolve) => (this.#rested = resolve))
  }

  #fill(): void {
    while (this.#active < this.#limit) {
      const task = this.#take()
      if (task === undefined) return
      this.#active++
      void this.#run(task)
    }
  }

  async #run(task: () => Promise<void>): Promise<void> {
    await task()
    this.#active--
    this.#fill()
    if (this.#active === 0) this.#rested()
  }

  #take(): (() => Promise<void>) | undefined {
    for (const [name, line] of this.#lines) {
      const task = line.shift()
      // To the end of the round, for its next turn.
      this.#lines.delete(name)
      if (line.length > 0) this.#lines.set(name, line)
      this.#waiting--
      return task
    }
    return undefined
  }
}
