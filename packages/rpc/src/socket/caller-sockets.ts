/** Something that takes responses for a caller. */
export type SendResponse = (response: object) => void

/** Responses that wait for a caller to come back: of one caller, and of all. */
const mostWaiting = 100
const mostCallers = 1000

/** Where callers are: a response goes to the caller's own socket and to no other. */
export class CallerSockets {
  readonly #sockets = new Map<string, Set<SendResponse>>()
  readonly #waiting = new Map<string, object[]>()

  /** A socket of a caller is there, until disposed of. What waited for the caller is sent to it. */
  enter(caller: string, send: SendResponse): Disposable {
    const sockets = this.#sockets.get(caller) ?? new Set()
    this.#sockets.set(caller, sockets.add(send))
    for (const response of this.#waiting.get(caller) ?? []) send(response)
    this.#waiting.delete(caller)
    return {
      [Symbol.dispose]: () => {
        sockets.delete(send)
        if (sockets.size === 0 && this.#sockets.get(caller) === sockets) this.#sockets.delete(caller)
      },
    }
  }

  /** Sends a response to the socket of a caller that came last, or keeps it until one comes. */
  deliver(caller: string, response: object): void {
    const send = [...(this.#sockets.get(caller) ?? [])].at(-1)
    if (send === undefined) this.#keep(caller, response)
    else send(response)
  }

  #keep(caller: string, response: object): void {
    const waiting = this.#waiting.get(caller) ?? []
    waiting.push(response)
    if (waiting.length > mostWaiting) waiting.shift()
    this.#waiting.delete(caller)
    this.#waiting.set(caller, waiting)
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size > mostCallers && oldest !== undefined) this.#waiting.delete(oldest)
  }
}
