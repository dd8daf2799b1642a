// Generated from spec/errors.json by `npm run generate`. Change the table there.

/** Every failure that Posthouse reports, and what each door says about it. Source: spec/errors.json. */
export const errorTable = {
  malformed_frame: { number: 1001, httpStatus: 400, closeCode: 4400, retry: false },
  unexpected_frame: { number: 1002, httpStatus: 409, closeCode: 4400, retry: false },
  unknown_op: { number: 1003, httpStatus: 400, closeCode: null, retry: false },
  unsupported: { number: 1004, httpStatus: 501, closeCode: null, retry: false },
  invalid_field: { number: 1005, httpStatus: 400, closeCode: null, retry: false },
  frame_too_large: { number: 1006, httpStatus: 413, closeCode: 4413, retry: false },
  too_deep: { number: 1007, httpStatus: 400, closeCode: 4400, retry: false },
  hello_timeout: { number: 1008, httpStatus: 408, closeCode: 4408, retry: false },
  heartbeat_timeout: { number: 1009, httpStatus: 408, closeCode: 4102, retry: true },
  replaced: { number: 1010, httpStatus: 409, closeCode: 4409, retry: false },
  body_too_large: { number: 1011, httpStatus: 413, closeCode: null, retry: false },
  invalid_body: { number: 1012, httpStatus: 422, closeCode: null, retry: false },
  unrepresentable: { number: 1013, httpStatus: 422, closeCode: null, retry: false },
  unauthenticated: { number: 2001, httpStatus: 401, closeCode: 4401, retry: false },
  forbidden: { number: 2002, httpStatus: 403, closeCode: 4403, retry: false },
  insecure_bind: { number: 2003, httpStatus: 500, closeCode: null, retry: false },
  invalid_address: { number: 3001, httpStatus: 400, closeCode: null, retry: false },
  invalid_client_id: { number: 3002, httpStatus: 400, closeCode: 4410, retry: false },
  unknown_recipient: { number: 3003, httpStatus: 404, closeCode: null, retry: false },
  offline: { number: 3004, httpStatus: 404, closeCode: null, retry: true },
  inbox_full: { number: 3005, httpStatus: 507, closeCode: null, retry: true },
  rate_limited: { number: 4001, httpStatus: 429, closeCode: 4103, retry: true },
  window_exceeded: { number: 4002, httpStatus: 429, closeCode: 4412, retry: false },
  slow_consumer: { number: 4003, httpStatus: 503, closeCode: 4101, retry: true },
  outbox_full: { number: 4004, httpStatus: 503, closeCode: null, retry: true },
  overflow: { number: 4005, httpStatus: 503, closeCode: null, retry: true },
  internal: { number: 5001, httpStatus: 500, closeCode: 4100, retry: true },
  store_failed: { number: 5002, httpStatus: 503, closeCode: null, retry: true },
  draining: { number: 5003, httpStatus: 503, closeCode: 4000, retry: true },
  session_lost: { number: 5004, httpStatus: 410, closeCode: 4200, retry: true },
  not_connected: { number: 5005, httpStatus: 503, closeCode: null, retry: true },
  closed: { number: 5006, httpStatus: 503, closeCode: null, retry: false },
  unreachable: { number: 5007, httpStatus: 502, closeCode: null, retry: true },
  timeout: { number: 5008, httpStatus: 504, closeCode: null, retry: true },
  aborted: { number: 5009, httpStatus: 499, closeCode: null, retry: false },
  port_in_use: { number: 5010, httpStatus: 500, closeCode: null, retry: false },
  handler_failed: { number: 5011, httpStatus: 500, closeCode: null, retry: false },
  invalid_option: { number: 5012, httpStatus: 400, closeCode: null, retry: false },
  status_file: { number: 5013, httpStatus: 500, closeCode: null, retry: false },
  cannot_listen: { number: 5014, httpStatus: 500, closeCode: null, retry: false },
} as const

/** What is fixed for one error code. */
export interface ErrorFacts {
  /** Stable number of the code, for languages and logs that prefer one. */
  readonly number: number
  /** Status at an HTTP door. */
  readonly httpStatus: number
  /** WebSocket close code, or null where the connection lives on. */
  readonly closeCode: number | null
  /** True where trying again later can help. */
  readonly retry: boolean
}
