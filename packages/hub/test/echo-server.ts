import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { silentLogger, systemClock } from '@posthouse/core'
import { Door } from '../src/door/door.ts'
import type { HubSocket } from '../src/door/hub-socket.ts'
import { Packer } from '../src/door/packer.ts'
import { resolveOptions } from '../src/hub-options.ts'
import { Admission } from '../src/limits/admission.ts'
import { measured } from '../src/routing/encoded.ts'
import { Tally } from '../src/stats/tally.ts'
import { Arrivals } from './arrivals.ts'

/** How the server's end of a connection ended. */
export interface Ended {
  readonly code: number
  readonly reason: string
}

/** A server behind the hub's own door that says every message back. Dispose closes it. */
export interface EchoServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly sockets: Arrivals<HubSocket>
  readonly ended: Arrivals<Ended>
}

/** Starts one, behind TLS where there is a key. */
export async function startEcho(
  options: { readonly maxBytes?: number; readonly tls?: { readonly key: Buffer; readonly cert: Buffer } } = {},
): Promise<EchoServer> {
  const { maxBytes = 1_000_000, tls } = options
  const sockets = new Arrivals<HubSocket>('a connection')
  const ended = new Arrivals<Ended>('the end of a connection')
  const { allowances } = resolveOptions({})
  const door = new Door({
    guarded: false,
    frameBytes: maxBytes / 2,
    allowedOrigins: new Set(),
    tally: new Tally(),
    logger: silentLogger,
    admission: new Admission({ allowances, clock: systemClock, connections: () => 0 }),
    onSocket: (socket) => {
      echo(socket, ended)
      sockets.push(socket)
    },
  })
  const server: Server = tls ? createSecureServer(tls) : createServer()
  server.on('upgrade', (request, stream, head) => door.handleUpgrade(request, stream, head))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    sockets,
    ended,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function echo(socket: HubSocket, ended: Arrivals<Ended>): void {
  const packer = new Packer('single', { frameBytes: 1, framesPerArray: 1 })
  socket.use({
    onMessage: (data, binary) => {
      const wire = binary ? data : Buffer.from(data).toString()
      socket.write(packer.pack([measured(wire)]))
    },
    onChunk: () => undefined,
    onChunkEnd: () => undefined,
    onPing: () => undefined,
    onPong: () => undefined,
    onDrain: () => undefined,
    onEnding: () => undefined,
    onClose: (code, reason) => ended.push({ code, reason }),
  })
}
