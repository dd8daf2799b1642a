import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { DataStore, ERRORS, Server, Upload } from '@tus/server'

interface Kept {
  readonly upload: Upload
  readonly pieces: Buffer[]
}

/** Keeps uploads in memory, as the library asks of any store. */
class Shelf extends DataStore {
  override extensions: string[] = ['creation', 'creation-with-upload', 'creation-defer-length', 'termination']
  readonly kept: Map<string, Kept> = new Map()
  /** Told how far an upload is. */
  onWrite: (offset: number) => void = () => undefined

  override async create(upload: Upload): Promise<Upload> {
    this.kept.set(upload.id, { upload, pieces: [] })
    return upload
  }

  override async write(stream: Readable, id: string, _offset: number): Promise<number> {
    const { upload, pieces } = this.#found(id)
    for await (const piece of stream as AsyncIterable<Buffer>) {
      pieces.push(piece)
      upload.offset += piece.length
      this.onWrite(upload.offset)
    }
    return upload.offset
  }

  override async getUpload(id: string): Promise<Upload> {
    const { upload } = this.#found(id)
    const { size, offset } = upload
    return new Upload({ id, offset, ...(size !== undefined && { size }) })
  }

  override async declareUploadLength(id: string, size: number): Promise<void> {
    this.#found(id).upload.size = size
  }

  override async remove(id: string): Promise<void> {
    this.kept.delete(id)
  }

  #found(id: string): Kept {
    const found = this.kept.get(id)
    if (found) return found
    throw ERRORS.FILE_NOT_FOUND
  }
}

/** A tus server with nothing of ours: the library as its readme starts it. Dispose ends it. */
export interface StockTus extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly string[]
  /** What was uploaded, each as a whole. */
  contents(): readonly Buffer[]
}

/** @param cutAfter the first PATCH is cut off after so many bytes. */
export async function stockTus(cutAfter: number): Promise<StockTus> {
  const shelf = new Shelf()
  const tus = new Server({ path: '/files', datastore: shelf })
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.method ?? '')
    shelf.onWrite = (offset) => {
      if (offset > cutAfter && requests.filter((method) => method === 'PATCH').length === 1) request.socket.destroy()
    }
    void tus.handle(request, response)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/files`,
    requests,
    contents: () => [...shelf.kept.values()].map(({ pieces }) => Buffer.concat(pieces)),
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
