// Generated from spec/errors.json by `npm run generate`. Change the table there.

/** The failures that browsers can hear of, written as in `error-table.ts`. */
export const errorRows =
  '1001 malformed_frame=4400 unexpected_frame=4400 unknown_op unsupported invalid_field frame_too_large=4413 too_deep=4400 hello_timeout=4408 heartbeat_timeout+4102 replaced=4409 body_too_large invalid_body unrepresentable 2001 unauthenticated=4401 forbidden=4403 2004 token_expired+4300 token_revoked+4301 authentication_unavailable+4104 3001 invalid_address invalid_client_id=4410 unknown_recipient offline+ inbox_full+ store_full+ attempts_exhausted 4001 rate_limited+4103 window_exceeded=4412 slow_consumer+4101 outbox_full+ overflow+ too_many_ids=4414 limit_reached 5001 internal+4100 store_failed+ draining+4000 session_lost+4200 not_connected+ closed unreachable+ timeout+ aborted 5011 handler_failed invalid_option 5017 data_damaged 6001 no_handler call_lost+ call_failed too_many_calls+'
