import { type AddressInfo, connect, createServer } from 'node:net'

/** A way to a server that is cut again and again. Dispose closes it. */
export interface CuttingProxy extends AsyncDisposable {
  readonly origin: string
  readonly cuts: number
}

/** Passes bytes on to `origin`, and cuts each connection once it has carried `everyBytes` towards it, `most` times in all. */
export async function cuttingProxy(origin: string, everyBytes: number, most: number): Promise<CuttingProxy> {
  let cuts = 0
  const sockets = new Set<Disposable>()
  const proxy = createServer((near) => {
    const far = connect(Number(new URL(origin).port), '127.0.0.1')
    let carried = 0
    const end = (): void => {
      near.destroy()
      far.destroy()
    }
    near.on('data', (chunk: Buffer) => {
      carried += chunk.length
      if (carried < everyBytes || cuts >= most) return
      cuts++
      end()
    })
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', end).on('close', end)
    sockets.add({ [Symbol.dispose]: end })
  })
  proxy.listen(0, '127.0.0.1')
  await new Promise((resolve) => proxy.once('listening', resolve))
  return {
    origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    get cuts() {
      return cuts
    },
    [Symbol.asyncDispose]: async () => {
      proxy.close()
      for (const socket of sockets) socket[Symbol.dispose]()
    },
  }
}
