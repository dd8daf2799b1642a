// Generated from spec/errors.json by `npm run generate`. Change the table there.

import type { ErrorCode } from './errors.ts'

/** One sentence for people on what to do about each error code. Kept out of `.` so that browsers need not load it. */
export const errorHelp: Readonly<Record<ErrorCode, string>> = {
  malformed_frame: 'The bytes are not a frame of the agreed dialect. Check the encoder and the WebSocket subprotocol.',
  unexpected_frame: 'The frame is known but must not come now. The first frame is hello, and it comes once.',
  unknown_op: 'The hub does not know this op. Look at caps in welcome before using an optional feature.',
  unsupported: 'This hub knows the word but does not serve it. Look at caps in welcome.',
  invalid_field: 'A field is missing or has the wrong form. The message names the field.',
  frame_too_large:
    'One WebSocket message is larger than limits.frameBytes. Send fewer frames at once, or send the content as a file.',
  too_deep: 'The content is nested deeper than 64 levels. Flatten it, or send it as text.',
  hello_timeout: 'Nothing usable came within five seconds. Send hello (or a cross_comm login) right after connecting.',
  heartbeat_timeout:
    'The peer was silent for longer than the heartbeat allows. Check the network, or whether the program is blocked.',
  replaced: 'The same client id connected again elsewhere. Give each running program its own id.',
  body_too_large: 'The body is larger than limits.bodyBytes. Send large content as a file.',
  invalid_body:
    'The body has the wrong form: for its type (json is valid JSON text, dict an object), or for the method that is called.',
  unrepresentable:
    "The recipient's dialect has no words for this content. Use another type, or a client of a newer dialect.",
  unauthenticated: 'The hub wants to know who this is. Log in with a valid id and token.',
  forbidden: 'This client may not do that. Whoever runs the hub can give it the permission.',
  insecure_bind:
    'Without authentication the hub listens on this computer only. Use --insecure to open it to a network that you trust.',
  token_expired: 'The token is no longer valid because its time has run out. Get a new one and connect again.',
  token_revoked: 'The token was valid once and was taken back. Get a new one and connect again.',
  authentication_unavailable: 'The hub could not find out who this is. Its log has the details. Try again later.',
  token_file: 'The token file cannot be used. The message names what to change; posthouse token --file makes one.',
  tls_file: 'The certificate or its key cannot be used. The message names the file and what to change.',
  invalid_address:
    'An address is a client id, client:<id>, group:<name>, channel:<dotted.name>, queue:<name>, all or hub.',
  invalid_client_id:
    'A client id has 1 to 128 characters, none of them a control character, and is not all, hub or server.',
  unknown_recipient: 'The hub knows no client or group of this name. Check the spelling; names are case-sensitive.',
  offline:
    'The recipient is not connected, and what was sent does not wait: a call, qos 0, or whenOffline error. Try again later, or send with qos 1 and whenOffline store.',
  inbox_full: 'The recipient is away or slow and its inbox has reached its limit. Try again when it has caught up.',
  store_full:
    'The hub keeps as many scheduled messages or retained values as it may. Try again later, or raise its bounds.',
  attempts_exhausted:
    'The recipient has given the message back 16 times. It lies with the dead letters; repair its handler, then redrive it.',
  rate_limited: 'Too much in too short a time. Slow down.',
  window_exceeded: 'More messages are under way than limits.inFlight allows. Wait for sent before sending more.',
  slow_consumer: 'The peer reads more slowly than it is sent to, and its send queue is full.',
  outbox_full:
    'The client holds as many unconfirmed messages as it may. Wait for earlier sends, or raise the outbox limit.',
  overflow: 'A handler is slower than its messages arrive, and live messages were dropped.',
  too_many_ids:
    'More client ids are logged in on one connection than the hub allows. Spread them over several connections, or raise quotas.idsPerConnection.',
  limit_reached:
    'The hub has as many subscriptions, groups, members of a group or queues as it allows. End some, or raise the limit that the message names.',
  internal: 'The hub failed inside. Its log has the details.',
  store_failed: 'The hub could not store the message. Its log has the details.',
  draining: 'The hub is shutting down or moving. Reconnect after the hint in goaway.',
  session_lost: 'The session cannot be resumed. Connect again; unacknowledged messages come again.',
  not_connected:
    'There is no connection now, and live messages and calls do not wait. Connect first, or send with qos 1.',
  closed: 'This object was closed. Create a new one.',
  unreachable: 'No hub answers at that address. Is it running, and are ws or wss, host and port right?',
  timeout: 'No answer came in time.',
  aborted: 'The caller gave up.',
  port_in_use: 'Another program listens on this port. Stop it, or choose another with --port.',
  handler_failed: 'A handler threw. Its error is the cause, or, for a call, in the log of the one that was called.',
  invalid_option: 'An option has a value that it cannot have. The message names it.',
  status_file: 'The status file cannot be read or written. The message names it.',
  cannot_listen:
    'The address or port cannot be listened on. The message says why; choose another with --host or --port.',
  data_in_use: 'Another process uses this data. Stop it, or give each hub a folder of its own with --data.',
  data_too_new: 'A newer version wrote this data. Use that version again, or restore a copy from before the upgrade.',
  data_damaged:
    'The stored data is damaged or no Posthouse data. Run posthouse doctor, and restore a copy, or move the files away to begin anew.',
  data_unwritable:
    "The data cannot be written. Check the folder's permissions and the free space, or choose another with --data.",
  no_handler: "Nobody there answers calls of that method. Check the method's name, and that its handler was added.",
  call_lost:
    'A connection was lost during a call, which may or may not have been carried out. Call again where that does no harm.',
  call_failed: 'The answer to a call broke the rules of the protocol, or comes in parts and was not read as a stream.',
  too_many_calls: 'As many calls as are allowed are under way. Wait for some of them to end.',
}

/** The status of each error code at an HTTP door. */
export const errorHttpStatus: Readonly<Record<ErrorCode, number>> = {
  malformed_frame: 400,
  unexpected_frame: 409,
  unknown_op: 400,
  unsupported: 501,
  invalid_field: 400,
  frame_too_large: 413,
  too_deep: 400,
  hello_timeout: 408,
  heartbeat_timeout: 408,
  replaced: 409,
  body_too_large: 413,
  invalid_body: 422,
  unrepresentable: 422,
  unauthenticated: 401,
  forbidden: 403,
  insecure_bind: 500,
  token_expired: 401,
  token_revoked: 401,
  authentication_unavailable: 503,
  token_file: 500,
  tls_file: 500,
  invalid_address: 400,
  invalid_client_id: 400,
  unknown_recipient: 404,
  offline: 404,
  inbox_full: 507,
  store_full: 507,
  attempts_exhausted: 502,
  rate_limited: 429,
  window_exceeded: 429,
  slow_consumer: 503,
  outbox_full: 503,
  overflow: 503,
  too_many_ids: 429,
  limit_reached: 429,
  internal: 500,
  store_failed: 503,
  draining: 503,
  session_lost: 410,
  not_connected: 503,
  closed: 503,
  unreachable: 502,
  timeout: 504,
  aborted: 499,
  port_in_use: 500,
  handler_failed: 500,
  invalid_option: 400,
  status_file: 500,
  cannot_listen: 500,
  data_in_use: 500,
  data_too_new: 500,
  data_damaged: 500,
  data_unwritable: 500,
  no_handler: 404,
  call_lost: 502,
  call_failed: 502,
  too_many_calls: 429,
}
