import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import axios from 'axios'
import express from 'express'
import { Server as SocketServer } from 'socket.io'

type Procedure = (data: unknown) => unknown

/** A server that speaks exactly what the original of document 000 speaks, with its flaws: the captured frames are its model. */
export class OriginalServer implements AsyncDisposable {
  /** What came in, of either door, in order. */
  readonly requests: Record<string, unknown>[] = []
  /** The events of its sockets that no handler took: what an original must not be sent. */
  readonly strange: string[] = []
  /** A first socket has come, and has gone. */
  readonly came = Promise.withResolvers<void>()
  readonly went = Promise.withResolvers<void>()
  readonly #http: Server
  readonly #sockets: SocketServer
  readonly #procedures = new Map<string, Procedure>()

  constructor() {
    const app = express()
    app.use('/api', express.json())
    app.post('/api/call', (request, response) => {
      const { request_id } = request.body
      response.json({ success: true, message: '请求已接收', ...(request_id !== undefined && { request_id }) })
      void this.#answerHttp(request.body)
    })
    this.#http = createServer(app)
    this.#sockets = new SocketServer(this.#http, {
      cors: { origin: '*', methods: ['GET', 'POST'] },
      pingInterval: 5000,
      pingTimeout: 10_000,
    })
    this.#sockets.on('connection', (socket) => {
      this.came.resolve()
      socket.on('disconnect', () => this.went.resolve())
      // An acknowledgement that somebody asks for is never given.
      socket.on('api', async (request) => socket.emit('apiResponse', await this.#respond(request)))
      socket.onAny((event) => event === 'api' || this.strange.push(event))
    })
  }

  static async start(port: number = 0): Promise<OriginalServer> {
    const server = new OriginalServer()
    await new Promise<void>((resolve) => server.#http.listen(port, '127.0.0.1', resolve))
    return server
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}/api/call`
  }

  register(name: string, procedure: Procedure): this {
    this.#procedures.set(name, procedure)
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sockets.close()
    this.#http.closeAllConnections()
  }

  async #respond(request: Record<string, unknown>): Promise<object> {
    this.requests.push(request)
    const { api, data, request_id, callback_func } = request
    const procedure = this.#procedures.get(String(api))
    try {
      if (procedure === undefined) throw new Error(`未知的API: ${api}`)
      const result = await procedure(data)
      return { request_id, api, success: true, data: result, message: '处理成功', callback_func }
    } catch (error) {
      return { request_id, api, success: false, error: (error as Error).message, callback_func }
    }
  }

  async #answerHttp(request: Record<string, unknown>): Promise<void> {
    const answer = await this.#respond(request)
    if (request.callback_type === 'socket') this.#sockets.emit('apiResponse', answer)
    // One attempt; nobody hears whether it failed.
    else if (request.callback_url) await axios.post(String(request.callback_url), answer).catch(() => undefined)
  }
}
