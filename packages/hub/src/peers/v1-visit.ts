import { assertClientId, type LogFields } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Connection } from '../door/connection.ts'
import type { HubCodec } from '../door/hub-codec.ts'
import type { HubParts } from '../hub-parts.ts'
import { readWill } from './last-will.ts'
import { type ClaimedSession, claimSession, type Greeting, producerOf } from './v1-sessions.ts'

/** What a client has come with, over which connection, and the session that it goes on with there. */
export interface V1Visit extends ClaimedSession {
  readonly parts: HubParts
  readonly connection: Connection
  readonly codec: HubCodec
  readonly record: ClientRecord
  /** The name under which the store knows who numbers the messages. */
  readonly producer: string
}

/**
 * Begins a visit. Ends the session that the client does not go on with.
 * @throws PosthouseError `invalid_client_id`, `malformed_frame`, `forbidden`
 */
export function beginVisit(parts: HubParts, connection: Connection, codec: HubCodec, greeting: Greeting): V1Visit {
  const { hello, pass } = greeting
  const client = assertClientId(hello.client)
  const will = hello.will && readWill(hello.will, pass.access, parts.limits)
  const record = parts.registry.known(client)
  const { entry, resumed } = claimSession(record, { ...greeting, will }, parts)
  return { parts, connection, codec, record, producer: producerOf(greeting), entry, resumed }
}

/** What the log says of an end. */
export function factsOf(
  { record, connection }: V1Visit,
  { code, message: reason }: { readonly code: string | number; readonly message: string },
): LogFields {
  return { client: record.id, remote: connection.remote, code, reason }
}
