import type { Socket } from 'node:net'

/** Where a SOCKS proxy is to lead, and who asks for it. */
export interface SocksRequest {
  readonly hostname: string
  readonly port: number
  readonly credentials: { readonly username: string; readonly password: string }
  readonly timeoutMs: number
}

const version = 5
const anonymous = 0
const byPassword = 2

const replies = [
  '',
  'a general failure',
  'its rules do not allow it',
  'the network cannot be reached',
  'the host cannot be reached',
  'the host refuses the connection',
  'its time ran out',
  'it does not know the command',
  'it does not know this kind of address',
]

/**
 * Asks for a connection (RFC 1928, with RFC 1929 for name and password) on a fresh socket, which then leads to the host. The
 * host is named, not resolved, so that nobody but the proxy asks a name server for it.
 */
export async function openSocks(socket: Socket, request: SocksRequest): Promise<void> {
  const stop = new AbortController()
  const timer = setTimeout(() => socket.destroy(new Error('it did not answer in time')), request.timeoutMs)
  try {
    const reader = new ByteReader(socket, stop.signal)
    await agreeOnMethod(socket, reader, request)
    socket.write(Buffer.from([version, 1, 0, 3, ...prefixed(request.hostname), request.port >> 8, request.port & 255]))
    const [, reply = 1, , kind = 0] = await reader.take(4)
    if (reply !== 0) throw new Error(replies[reply] ?? `it answered ${reply}`)
    const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await reader.take(1))[0] ?? 0)
    await reader.take(length + 2)
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

async function agreeOnMethod(socket: Socket, reader: ByteReader, { credentials }: SocksRequest): Promise<void> {
  const { username, password } = credentials
  const named = username !== '' || password !== ''
  socket.write(Buffer.from([version, named ? 2 : 1, anonymous, ...(named ? [byPassword] : [])]))
  const [spoken, method] = await reader.take(2)
  if (spoken !== version) throw new Error('it does not speak SOCKS 5')
  if (method === anonymous) return
  if (method !== byPassword || !named) throw new Error('it wants a name and a password, or another proof')
  socket.write(Buffer.from([1, ...prefixed(username), ...prefixed(password)]))
  const [, status] = await reader.take(2)
  if (status !== 0) throw new Error('it does not accept the name and the password')
}

function prefixed(text: string): number[] {
  const bytes = Buffer.from(text)
  if (bytes.length === 0 || bytes.length > 255) throw new Error(`it cannot be told a text of ${bytes.length} bytes`)
  return [bytes.length, ...bytes]
}

/** Takes exactly as many bytes from a socket as are asked for; what follows them stays in the socket. */
class ByteReader {
  readonly #socket: Socket
  readonly #signal: AbortSignal

  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    socket.pause()
  }

  async take(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0)
    for (;;) {
      const bytes: Buffer | null = this.#socket.read(length)
      if (bytes !== null && bytes.length === length) return bytes
      if (this.#socket.destroyed || this.#socket.readableEnded) throw this.#socket.errored ?? new Error('it hung up')
      await this.#more()
    }
  }

  async #more(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const socket = this.#socket
    socket.once('readable', resolve).once('end', resolve).once('close', resolve).once('error', reject)
    this.#signal.addEventListener('abort', () => resolve(), { once: true })
    try {
      await promise
    } finally {
      socket.off('readable', resolve).off('end', resolve).off('close', resolve).off('error', reject)
    }
  }
}
