/** How many of the oldest are looked at for one that can go. */
const looked = 16

/** Settings of `PerKey`. */
export interface PerKeyOptions<State> {
  readonly create: (key: string) => State
  /** How many keys are remembered. */
  readonly maxKeys: number
  /** Whether a state can be forgotten: nobody waits for it. */
  readonly isIdle: (state: State) => boolean
}

/**
 * A state for each key. Of more than `maxKeys` it forgets those that were used longest ago; a state that is in use stays,
 * so that there may be more keys as long as work for them is under way.
 */
export class PerKey<State> {
  readonly #options: PerKeyOptions<State>
  readonly #states = new Map<string, State>()
  #newest: string | undefined

  constructor(options: PerKeyOptions<State>) {
    this.#options = options
  }

  /** How many keys there are. */
  get size(): number {
    return this.#states.size
  }

  /** The state of a key, made where there is none. */
  of(key: string): State {
    const state = this.#states.get(key)
    if (state === undefined) return this.#create(key)
    if (key !== this.#newest) this.#refresh(key, state)
    return state
  }

  /** The state of a key, where there is one. */
  peek(key: string): State | undefined {
    return this.#states.get(key)
  }

  #create(key: string): State {
    if (this.#states.size >= this.#options.maxKeys) this.#forget()
    const state = this.#options.create(key)
    this.#states.set(key, state)
    this.#newest = key
    return state
  }

  #refresh(key: string, state: State): void {
    this.#states.delete(key)
    this.#states.set(key, state)
    this.#newest = key
  }

  #forget(): void {
    let seen = 0
    for (const [key, state] of this.#states) {
      if (this.#states.size < this.#options.maxKeys || ++seen > looked) return
      this.#states.delete(key)
      if (!this.#options.isIdle(state)) this.#states.set(key, state)
    }
  }
}
