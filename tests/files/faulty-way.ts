import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What goes wrong on a way. */
export interface Faults {
  /** Cuts whatever carries it after each so many bytes of content that went to the server. */
  readonly cutEvery?: number
  /** The same for what comes back. */
  readonly cutBackEvery?: number
  /** Cuts in all. */
  readonly most?: number
  /** Changes a bit once a connection has carried so many bytes to the server, the first time. */
  readonly flipAt?: number
  /** The same for what comes back. */
  readonly flipBackAt?: number
  /** How long it rests after each piece, either way, in milliseconds. */
  readonly restMs?: number
}

/** A way to a server on which things go wrong. Dispose closes it. */
export interface FaultyWay extends AsyncDisposable {
  readonly port: number
  readonly cuts: number
  readonly flipped: number
  /** Bytes that went to the server. */
  readonly carried: number
  /** Bytes that came back. */
  readonly carriedBack: number
}

export async function faultyWay(to: number, faults: Faults): Promise<FaultyWay> {
  const {
    cutEvery = Infinity,
    cutBackEvery = Infinity,
    most = Infinity,
    flipAt = Infinity,
    flipBackAt = Infinity,
    restMs = 0,
  } = faults
  const state = { cuts: 0, flipped: 0, carried: 0, carriedBack: 0, sinceCut: 0, sinceCutBack: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    const own = { there: 0, back: 0 }
    const cut = (): void => {
      near.destroy()
      far.destroy()
    }
    const flip = (chunk: Buffer, passed: number, at: number): void => {
      if (state.flipped > 0 || passed + chunk.length <= at) return
      state.flipped++
      chunk[0] = (chunk[0] ?? 0) ^ 1
    }
    const spent = (bytes: number, every: number): boolean => {
      if (bytes < every || state.cuts >= most) return false
      state.cuts++
      return true
    }
    const rest = (socket: Socket): void => {
      if (restMs === 0) return
      socket.pause()
      setTimeout(() => socket.resume(), restMs)
    }
    near.on('data', (chunk: Buffer) => {
      rest(near)
      flip(chunk, own.there, flipAt)
      own.there += chunk.length
      state.carried += chunk.length
      state.sinceCut += chunk.length
      if (spent(state.sinceCut, cutEvery)) {
        state.sinceCut = 0
        cut()
      } else if (!far.write(chunk)) near.pause()
    })
    far.on('data', (chunk: Buffer) => {
      rest(far)
      flip(chunk, own.back, flipBackAt)
      own.back += chunk.length
      state.carriedBack += chunk.length
      state.sinceCutBack += chunk.length
      if (spent(state.sinceCutBack, cutBackEvery)) {
        state.sinceCutBack = 0
        cut()
      } else if (!near.write(chunk)) far.pause()
    })
    near.on('drain', () => far.resume()).on('end', () => far.end())
    far.on('drain', () => near.resume()).on('end', () => near.end())
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return state.cuts
    },
    get flipped() {
      return state.flipped
    },
    get carried() {
      return state.carried
    },
    get carriedBack() {
      return state.carriedBack
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
