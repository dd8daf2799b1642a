/**
 * What the three receivers of callbacks beside this have in common: the client of document 000's last example, with its two
 * callbacks. Results that come by HTTP are taken at once and handled later, at most ten at a time.
 */
import { type CallClient, type CallResponse, createCallClient } from '@posthouse/client/calls'

/** Where a receiver finds its server, and is found by it. */
export interface ReceiverOptions {
  readonly socketUrl: string
  readonly httpUrl: string
  readonly callbackUrl: string
  /** A key of the server's callbacks, from its `callback-keys.json`. */
  readonly callbackSecret: string
}

/** What the callbacks were given. */
export const received: CallResponse[] = []

async function handleUserGet(response: CallResponse): Promise<void> {
  received.push(response)
}

async function handleUserUpdate(response: CallResponse): Promise<void> {
  received.push(response)
}

/** The documented addresses, where nothing else is said. */
export function documentedOptions(callbackSecret: string = process.env.CALLBACK_SECRET ?? ''): ReceiverOptions {
  return {
    socketUrl: 'ws://127.0.0.1:9898',
    httpUrl: 'http://127.0.0.1:9898/api/call',
    callbackUrl: 'http://127.0.0.1:8000/api/callback',
    callbackSecret,
  }
}

/** The client of a receiver, connected. */
export async function openClient(options: ReceiverOptions): Promise<CallClient> {
  const client = createCallClient({ ...options, logLevel: 'warn' })
  client.registerCallback('user.get', handleUserGet).registerCallback('user.update', handleUserUpdate)
  await client.connect()
  return client
}

/** The body of `POST /api/call`: the names of document 000. */
export interface CallWish {
  readonly api: string
  readonly data?: unknown
  readonly callback_type?: 'socket' | 'http' | undefined
  readonly callback_func?: string | undefined
  readonly request_id?: string | undefined
}

/** Makes a call whose result goes to a callback. */
export async function callFor(client: CallClient, wish: CallWish) {
  const { api, data, callback_type = 'socket', callback_func = api, request_id } = wish
  return await client.callWithCallback(api, data, {
    callbackType: callback_type,
    callbackFunc: callback_func,
    ...(request_id !== undefined && { requestId: request_id }),
  })
}
