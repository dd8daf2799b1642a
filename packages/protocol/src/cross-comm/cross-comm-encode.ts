import { createId, type Envelope, PosthouseError, parseAddress } from '@posthouse/core'
import { crossCommContent } from './cross-comm-body.ts'
import { type CrossCommType, crossCommKeys, maxCrossCommBytes, rawMembers } from './cross-comm-frame.ts'

/** One frame for a cross_comm peer; content and key as JSON text. */
export interface CrossCommFields {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly type: CrossCommType
  /** JSON text. Default `{}`. */
  readonly content?: string
  /** Unix milliseconds. */
  readonly ts: number
  /** JSON text. Default `null`. */
  readonly ossKey?: string
}

/** One client as the dialect's lists show it; times in Unix milliseconds. */
export interface CrossCommClient {
  readonly client: string
  readonly online: boolean
  readonly lastSeen: number
  readonly since: number
}

/** Writes a frame as the Python original does: seven keys, its order, its separators, times in seconds. Spec: 9.2. */
export function encodeCrossComm(fields: CrossCommFields): string {
  const { id, from, to, type, content = '{}', ts, ossKey = 'null' } = fields
  return frameText({
    msg_id: JSON.stringify(id),
    from_client_id: JSON.stringify(from),
    to_client_id: JSON.stringify(to),
    msg_type: JSON.stringify(type),
    content,
    timestamp: seconds(ts),
    oss_key: ossKey,
  })
}

/**
 * Writes an envelope for a cross_comm peer. What came from such a peer goes out with its values exactly as spelled; only
 * the sender is stamped. Spec: 9.4, 9.6.
 * @param toJson makes v1 JSON text of a body that came in another form
 * @throws PosthouseError `unrepresentable`, `body_too_large`
 */
export function crossCommDelivery(envelope: Envelope, toJson: (envelope: Envelope) => string): string {
  const text = envelope.body.format === 'cross_comm' ? relayed(envelope) : translated(envelope, toJson(envelope))
  const bytes = new TextEncoder().encode(text).length
  if (bytes <= maxCrossCommBytes) return text
  const message = `the message takes ${bytes} bytes in the cross_comm dialect; its peers read at most ${maxCrossCommBytes}`
  throw new PosthouseError('body_too_large', message)
}

/** A `msg_id` as the originals make them. */
export function crossCommId(client: string, now: number): string {
  return `${client}_${now}_${createId(now).slice(-8)}`
}

/** The content of a `list_clients_response`: JSON text inside a JSON string. Spec: 9.7. */
export function crossCommList(clients: readonly CrossCommClient[], onlyOnline: boolean): string {
  const entries = clients.map(
    ({ client, online, lastSeen, since }) =>
      `{"client_id": ${JSON.stringify(client)}, "status": "${online ? 'online' : 'offline'}", ` +
      `"last_heartbeat": ${seconds(lastSeen)}, "login_time": ${seconds(since)}}`,
  )
  const text = `{"clients": [${entries.join(', ')}], "total_count": ${clients.length}, "only_show_online": ${onlyOnline}}`
  return JSON.stringify(text)
}

function relayed(envelope: Envelope): string {
  const raw = rawMembers(envelope.body.bytes)
  return frameText({
    msg_id: raw.get('msg_id') ?? 'null',
    from_client_id: JSON.stringify(crossCommName(envelope.from)),
    to_client_id: raw.get('to_client_id') ?? 'null',
    msg_type: raw.get('msg_type') ?? 'null',
    content: raw.get('content') ?? 'null',
    timestamp: raw.get('timestamp') ?? 'null',
    oss_key: raw.get('oss_key') ?? 'null',
  })
}

function translated(envelope: Envelope, json: string): string {
  const { content, ossKey } = crossCommContent(envelope.type, json)
  return encodeCrossComm({
    id: envelope.id,
    from: crossCommName(envelope.from),
    to: crossCommName(envelope.to),
    type: crossCommType(envelope.type),
    content,
    ts: envelope.ts,
    ossKey,
  })
}

/** An address as the dialect names it: the bare client id, `all`, or `server` for the hub. */
function crossCommName(address: string): string {
  const { kind, name } = parseAddress(address)
  if (kind === 'hub') return 'server'
  return kind === 'client' ? name : address
}

/** The word of the dialect for a type; audio and video go out as files. */
export function crossCommType(type: Envelope['type']): CrossCommType {
  switch (type) {
    case 'text':
    case 'json':
    case 'dict':
    case 'bytes':
    case 'image':
    case 'file':
    case 'folder':
      return type
    default:
      return 'file'
  }
}

function frameText(raw: Readonly<Record<(typeof crossCommKeys)[number], string>>): string {
  return `{${crossCommKeys.map((key) => `"${key}": ${raw[key]}`).join(', ')}}`
}

/** Unix seconds, always spelled as a float, as Python's `time.time()` is. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
