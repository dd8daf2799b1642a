import { clientAddress, type MessageFields, type MessageType, PosthouseError, parseAddress } from '@posthouse/core'
import { fromBodyValue, toBodyValue } from '../frame/body-value.ts'
import { isObject } from '../frame/frame-shape.ts'
import type { ClientInfo } from '../frame/presence-frames.ts'
import { toJsonText } from '../json/json-text.ts'
import { crossCommBodyText, crossCommContent } from './cross-comm-body.ts'
import { crossCommId, crossCommType, encodeCrossComm } from './cross-comm-encode.ts'
import { type CrossCommFrame, type CrossCommType, maxCrossCommBytes, parseOr } from './cross-comm-frame.ts'

/** What a cross_comm server said. */
export type CrossCommEvent =
  | { readonly event: 'loggedIn' }
  | { readonly event: 'message'; readonly message: MessageFields }
  | { readonly event: 'listed'; readonly clients: readonly ClientInfo[] }
  /** Nothing that a client acts on, or a message with words that have no value here. */
  | { readonly event: 'nothing'; readonly error?: PosthouseError }

/** A message to be sent. */
export interface CrossCommOutgoing {
  readonly to: string
  readonly type: MessageType
  readonly value: unknown
  /** Default: one in the dialect's form. */
  readonly id?: string | undefined
}

/**
 * The client's end of the cross_comm dialect, as the Python original speaks it. Pure; the dialect has no state but being
 * logged in. Source: spec/protocol.md, section 9.
 */
export class CrossCommClientSession {
  readonly #client: string

  constructor(client: string) {
    this.#client = client
  }

  login(now: number): string {
    return this.#control('login', now)
  }

  heartbeat(now: number): string {
    return this.#control('heartbeat', now)
  }

  logout(now: number): string {
    return this.#control('logout', now)
  }

  list(onlyOnline: boolean, now: number): string {
    return this.#control('list_clients', now, JSON.stringify(`{"only_show_online": ${onlyOnline}}`))
  }

  /**
   * Writes a message.
   * @throws PosthouseError `invalid_body`, `unrepresentable`, `unsupported`, `body_too_large`
   */
  message(outgoing: CrossCommOutgoing, now: number): { readonly id: string; readonly wire: string } {
    const { type, id = crossCommId(this.#client, now) } = outgoing
    const { content, ossKey } = crossCommContent(type, toJsonText(toBodyValue(type, outgoing.value)))
    const to = targetOf(outgoing.to)
    const wire = encodeCrossComm({ id, from: this.#client, to, type: crossCommType(type), content, ts: now, ossKey })
    const bytes = new TextEncoder().encode(wire).length
    if (bytes <= maxCrossCommBytes) return { id, wire }
    throw new PosthouseError(
      'body_too_large',
      `the message takes ${bytes} bytes; cross_comm peers read at most ${maxCrossCommBytes}`,
    )
  }

  /** Takes a frame of the server. `now` stamps messages without a usable time. */
  receive(frame: CrossCommFrame, now: number): CrossCommEvent {
    switch (frame.type) {
      case 'login_response':
        return frame.from === 'server' ? { event: 'loggedIn' } : { event: 'nothing' }
      case 'list_clients_response':
        // Any client can have such a frame relayed; only the server's own is an answer.
        return frame.from === 'server' ? listed(frame.content) : { event: 'nothing' }
      case 'login':
      case 'logout':
      case 'heartbeat':
      case 'list_clients':
        return { event: 'nothing' }
      default:
        return received(frame, frame.type, now)
    }
  }

  #control(type: CrossCommType, now: number, content = '{}'): string {
    return encodeCrossComm({
      id: crossCommId(this.#client, now),
      from: this.#client,
      to: 'server',
      type,
      content,
      ts: now,
    })
  }
}

function targetOf(address: string): string {
  const { kind, name } = parseAddress(address)
  if (kind === 'client') return name
  if (kind === 'all') return 'all'
  if (kind === 'hub') return 'server'
  throw new PosthouseError('unsupported', `${JSON.stringify(address)}: the cross_comm dialect has no ${kind}s`)
}

function received(frame: CrossCommFrame, type: MessageType, now: number): CrossCommEvent {
  try {
    const value: unknown = JSON.parse(crossCommBodyText(type, frame.bytes))
    const message: MessageFields = {
      id: frame.id ?? `${frame.from}_${now}`,
      from: frame.from === 'server' ? 'hub' : clientAddress(frame.from),
      to: frame.to === 'server' ? 'hub' : clientAddress(frame.to),
      type,
      body: fromBodyValue(type, value),
      ts: frame.timestamp === undefined ? now : frame.timestamp * 1000,
    }
    return { event: 'message', message }
  } catch (error) {
    if (error instanceof PosthouseError) return { event: 'nothing', error }
    throw error
  }
}

function listed(content: unknown): CrossCommEvent {
  const answer = typeof content === 'string' ? parseOr(content, undefined) : content
  if (!isObject(answer) || !Array.isArray(answer.clients)) {
    const error = new PosthouseError('malformed_frame', 'the list of clients cannot be read')
    return { event: 'nothing', error }
  }
  return {
    event: 'listed',
    clients: answer.clients.flatMap((entry: unknown) => (isObject(entry) ? [clientInfo(entry)] : [])),
  }
}

function clientInfo(entry: Readonly<Record<string, unknown>>): ClientInfo {
  const online = entry.status === 'online'
  const since = milliseconds(entry.login_time)
  return {
    client: String(entry.client_id),
    online,
    lastSeen: milliseconds(entry.last_heartbeat) ?? 0,
    node: '',
    ...(online && since !== undefined && { since }),
  }
}

function milliseconds(seconds: unknown): number | undefined {
  return typeof seconds === 'number' ? Math.round(seconds * 1000) : undefined
}
