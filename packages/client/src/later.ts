import { toPosthouseError } from '@posthouse/core'

/** Something whose code is loaded when it is first needed, so that pages without a use for it never load it. */
export class Later<Part> {
  readonly #import: () => Promise<Part>
  #loading: Promise<Part> | undefined
  #part: Part | undefined

  /** @param part given where nothing has to be loaded. */
  constructor(load: () => Promise<Part>, part?: Part) {
    this.#import = load
    this.#part = part
  }

  get loaded(): Part | undefined {
    return this.#part
  }

  /**
   * Loads it, once; may be called again when that has failed.
   * @throws PosthouseError `internal` where the code cannot be had
   */
  load(): Promise<Part> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  async #load(): Promise<Part> {
    try {
      this.#part ??= await this.#import()
      return this.#part
    } catch (error) {
      this.#loading = undefined
      throw toPosthouseError(error)
    }
  }
}
