/** Holds transfers: what was given it waits while it is paused, and goes on where it was. */
export class TransferGate {
  #open: PromiseWithResolvers<void> | undefined

  get paused(): boolean {
    return this.#open !== undefined
  }

  /** Lets nothing more be sent or fetched; what is on its way arrives. */
  pause(): void {
    this.#open ??= Promise.withResolvers<void>()
  }

  /** Lets what waits go on. */
  resume(): void {
    this.#open?.resolve()
    this.#open = undefined
  }

  /** Resolves when it is not paused. */
  async passed(): Promise<void> {
    while (this.#open) await this.#open.promise
  }
}
