import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A client that writes exactly the bytes that it is told to. */
export interface RawClient extends AsyncDisposable {
  readonly socket: Socket
  write(text: string): void
  /** Everything that came, once the pattern is in it. */
  until(pattern: RegExp): Promise<string>
  /** Everything that came until the server closed. */
  end(): Promise<string>
}

/** Connects to a port of this machine. */
export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  let woken: () => void = () => undefined
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    text += String(chunk)
    woken()
  })
  // Whoever is cut off hears of it by the end.
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve())).then(() => woken())
  await once(socket, 'connect')
  return {
    socket,
    write: (bytes) => void socket.write(bytes, 'latin1'),
    until: async (pattern) => {
      while (!pattern.test(text)) {
        if (socket.closed) throw new Error(`closed after ${JSON.stringify(text)}`)
        await new Promise<void>((resolve) => {
          woken = resolve
        })
      }
      return text
    },
    end: async () => {
      await closed
      return text
    },
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
      await closed
    },
  }
}
