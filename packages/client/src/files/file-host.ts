import type { Clock, PosthouseError } from '@posthouse/core'
import type { SendResult } from '../dialog/sends.ts'
import type { SendOptions } from '../send-options.ts'
import type { FilePlatform } from './platform.ts'

/** What a client does for its files. */
export interface FileHost {
  readonly clientId: string
  /** Of the hub, as the client was given it. */
  readonly url: string
  readonly clock: Clock
  readonly random: () => number
  readonly platform: FilePlatform
  /** Asks the hub. @throws PosthouseError */
  ask(method: string, body: unknown, signal: AbortSignal): Promise<unknown>
  /** Sends a message. @throws PosthouseError */
  send(to: string, body: unknown, options: SendOptions): Promise<SendResult>
  /** Told of a failure that no caller waits for. */
  fail(error: PosthouseError): void
}

/** Where the hub's files are: the same host and port, over HTTP. */
export function originOf(url: string): string {
  const at = new URL(url)
  at.protocol = at.protocol === 'wss:' ? 'https:' : 'http:'
  return at.href
}
