import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HubClient, type HubClientOptions } from '@posthouse/client'
import type { BlobStore, Clock } from '@posthouse/core'
import { Files, type FilesOptions } from '@posthouse/files'
import { Hub } from '@posthouse/hub'
import { type DiskBlobStore, openDiskBlobStore } from '@posthouse/store/disk'

/** A hub that keeps files, and a folder for whatever its clients have. Dispose ends and removes all of it. */
export interface Post extends AsyncDisposable {
  readonly hub: Hub
  readonly url: string
  readonly port: number
  readonly files: Files
  readonly store: BlobStore
  /** Bytes that have come here. */
  readonly received: number
  /** For files of the test. */
  readonly folder: string
  /** A client that is connected; its uploads are noted in the folder. */
  client(clientId: string, options?: HubClientOptions): Promise<HubClient>
}

export interface PostOptions {
  readonly limits?: FilesOptions['limits']
  /** Of the files; the hub's and the clients' stay the system's. */
  readonly clock?: Clock
  /** Where the hub keeps them. Default: in the folder. */
  readonly disk?: string
  readonly wrap?: (store: DiskBlobStore) => BlobStore
}

export async function openPost({
  limits,
  clock,
  disk: place,
  wrap = (store) => store,
}: PostOptions = {}): Promise<Post> {
  const folder = await mkdtemp(join(tmpdir(), 'post-'))
  const disk = await openDiskBlobStore({ folder: join(place ?? folder, 'hub') })
  const store = wrap(disk)
  const files = new Files({ store, ...(limits && { limits }), ...(clock && { clock }) })
  const hub = new Hub({ files })
  const server = createServer((request, response) => void files.handle(request, response))
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.on('upgrade', (request, socket, head) => hub.handleUpgrade(request, socket, head))
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const url = `ws://127.0.0.1:${port}`
  const clients: HubClient[] = []
  return {
    hub,
    url,
    port,
    files,
    store,
    folder,
    get received() {
      return [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0)
    },
    client: async (clientId, options) => {
      const client = new HubClient({ url, clientId, ...options })
      clients.push(client)
      await client.connect()
      return client
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.close()))
      await hub.close()
      server.close()
      server.closeAllConnections()
      await files[Symbol.asyncDispose]()
      await disk[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
