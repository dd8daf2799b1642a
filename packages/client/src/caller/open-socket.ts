import { isErrorCode, PosthouseError } from '@posthouse/core'
import type { Socket } from 'socket.io-client'
import { isRecord } from './call-request.ts'
import type { CallSettings } from './call-settings.ts'
import { SocketConnection } from './socket-connection.ts'
import { tokenOf } from './token-of.ts'

/** Settings of a client that has a socket. */
export type SocketSettings = CallSettings & { readonly socketUrl: string }

/** How a socket is opened. */
export interface OpenSocketOptions {
  readonly signal: AbortSignal
  /** Told once, when the connection that was opened is there no more. */
  readonly lost: (error: PosthouseError) => void
}

/** How long a server has to show itself to be a Posthouse, in milliseconds; its welcome follows the connection at once. */
const introductionMs = 100

/**
 * Opens a Socket.IO connection, whose code is loaded for the first one.
 * @throws PosthouseError `unreachable`, `closed`, or what the server refuses it for
 */
export async function openSocket(
  settings: SocketSettings,
  { signal, lost }: OpenSocketOptions,
): Promise<SocketConnection> {
  const [{ io }, token] = await Promise.all([import('socket.io-client'), tokenOf(settings)])
  const socket = io(new URL(settings.socketUrl).origin, {
    path: settings.socketPath,
    auth: { posthouse: 1, caller: settings.caller, ...(token !== undefined && { token }) },
    // One connection for each socket of ours, sought again by us.
    forceNew: true,
    reconnection: false,
    autoConnect: false,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    timeout: settings.connectTimeoutMs,
  })
  const { clock, silenceMs } = settings
  let isOpen = false
  const connection = new SocketConnection(socket, { clock, silenceMs, lost: (error) => isOpen && lost(error) })
  try {
    await connected(socket, settings, signal)
    await connection.introduced(introductionMs)
    if (signal.aborted) throw new PosthouseError('closed', 'the client was disconnected')
    if (!socket.connected) throw new PosthouseError('unreachable', `${settings.socketUrl} closed the connection`)
    isOpen = true
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** The library's own limit ends when the transport is there; what follows may be lost, too. */
async function connected(socket: Socket, settings: SocketSettings, signal: AbortSignal): Promise<void> {
  const { socketUrl: url, connectTimeoutMs, clock } = settings
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => reject(new PosthouseError('closed', 'the client was disconnected'))
  const late = (): void => reject(new PosthouseError('unreachable', `${url} did not answer in ${connectTimeoutMs} ms`))
  using _timer = clock.after(connectTimeoutMs, late)
  signal.addEventListener('abort', abort)
  socket.once('connect', resolve)
  socket.once('connect_error', (cause) => reject(refusal(cause, url)))
  socket.once('disconnect', (reason) => reject(new PosthouseError('unreachable', `${url} hung up: ${reason}`)))
  try {
    if (signal.aborted) abort()
    else socket.connect()
    await promise
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** What a server says when it lets a socket not in, or why there is no server. */
function refusal(cause: Error, url: string): PosthouseError {
  const data = 'data' in cause && isRecord(cause.data) ? cause.data : {}
  const { code } = data
  if (isErrorCode(code)) return new PosthouseError(code, cause.message, { cause })
  return new PosthouseError('unreachable', `${url} cannot be reached: ${cause.message}`, { cause })
}
