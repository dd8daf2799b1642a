import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { CallClient } from '@posthouse/client/calls'

/** A program that has a path for callbacks and hands them to a client. */
export class CallbackApp implements AsyncDisposable {
  /** Statuses that were answered. */
  readonly statuses: number[] = []
  /** Whose callbacks they are. */
  client: Pick<CallClient, 'handleCallback'> | undefined
  readonly #server: Server

  constructor() {
    this.#server = createServer(async (request, response) => {
      const reply = await this.client?.handleCallback(await text(request), request.headers)
      const { status, body } = reply ?? { status: 503, body: {} }
      this.statuses.push(status)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  }

  static async start(): Promise<CallbackApp> {
    const app = new CallbackApp()
    await new Promise<void>((resolve) => app.#server.listen(0, '127.0.0.1', resolve))
    return app
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/callback`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
