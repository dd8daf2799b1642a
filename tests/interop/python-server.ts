import type { JsonLineProcess } from './json-line-process.ts'
import { becomeReady, type PythonOptions, startPython } from './python-process.ts'

/** The original server's own settings. */
export interface PythonServerOptions extends PythonOptions {
  /** Default: a free one. */
  readonly port?: number
  /** Whole or fractional seconds. Default: 30. */
  readonly heartbeatInterval?: number
  /** Whole or fractional seconds. Default: 60. */
  readonly heartbeatTimeout?: number
}

/** The original server in its own process on a loopback port; dispose stops it, which closes links with 1001. */
export class PythonServer implements AsyncDisposable {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number
  readonly #python: JsonLineProcess

  private constructor(python: JsonLineProcess, port: number) {
    this.#python = python
    this.port = port
  }

  /** Starts the process and waits until the server listens. */
  static async start(options: PythonServerOptions = {}): Promise<PythonServer> {
    const { port: wanted, heartbeatInterval: heartbeat_interval, heartbeatTimeout: heartbeat_timeout } = options
    const settings = JSON.stringify({ port: wanted, heartbeat_interval, heartbeat_timeout })
    const python = startPython('server.py', [settings], options)
    const { port } = await becomeReady(python, 'listening')
    return new PythonServer(python, Number(port))
  }

  /** What the library printed so far, without colours. */
  get log(): string {
    return this.#python.stderr
  }

  /** Stops the server and ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#python[Symbol.asyncDispose]()
  }
}
