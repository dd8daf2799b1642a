import { silentLogger } from '@posthouse/core'
import { type App, createApp } from '../src/app/create-app.ts'
import type { AppOptions } from '../src/app/options.ts'
import type { Router } from '../src/routing/router.ts'
import type { SocketSettings } from '../src/socket/door.ts'

/** An app that listens. Dispose stops it at once. */
export interface SocketServer extends AsyncDisposable {
  readonly app: App
  readonly port: number
  readonly url: string
}

/** Serves what `declare` declares, on a free port. */
export async function startSockets(
  declare: (router: Router) => void,
  sockets: SocketSettings = {},
  options: AppOptions = {},
): Promise<SocketServer> {
  const app = createApp({ env: 'test', logger: silentLogger, sockets, ...options })
  declare(app)
  const { port } = await app.listen({ port: 0 })
  return { app, port, url: `ws://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => app.close() }
}
