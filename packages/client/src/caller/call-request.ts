/** What asks for a call: the body of `POST /api/call`, and the payload of the event `api`. */
export interface CallRequest {
  readonly api: string
  readonly data: unknown
  readonly callback_type: CallbackType
  readonly callback_url: string | null
  readonly callback_func: string
  readonly request_id: string
  /** Only where the server is a Posthouse. */
  readonly deadline_ms?: number
  readonly stream?: true
  /** Items that may be sent in all. */
  readonly credit?: number
  /** The first item that has not come. */
  readonly from?: number
  /** The call is carried out only where this store remembers it. */
  readonly store?: string
}

/** Where a result is to go: to the socket that asked, or to the callback URL. */
export type CallbackType = 'socket' | 'http'

/** What comes of a call: the payload of `apiResponse`, and the body of a callback. */
export interface CallResponse {
  readonly request_id: string
  readonly api: string
  readonly success: boolean
  readonly data?: unknown
  /** How many items came before it, where its answer comes in items. */
  readonly items?: number
  readonly message?: string
  /** Why it failed. */
  readonly error?: string
  /** The name of a row of `spec/errors.json`; originals send none. */
  readonly code?: string
  readonly details?: unknown
  readonly callback_func?: string
}

/** Reads a response that came from outside; nothing where it is none. */
export function readResponse(value: unknown): CallResponse | undefined {
  if (!isRecord(value)) return undefined
  const { request_id, success, api = '' } = value
  if (typeof request_id !== 'string' || typeof success !== 'boolean' || typeof api !== 'string') return undefined
  return {
    request_id,
    api,
    success,
    ...('data' in value && { data: value.data }),
    ...(typeof value.items === 'number' && { items: value.items }),
    ...text(value, 'message'),
    ...text(value, 'error'),
    ...text(value, 'code'),
    ...('details' in value && { details: value.details }),
    ...text(value, 'callback_func'),
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text<Name extends string>(
  value: Readonly<Record<string, unknown>>,
  name: Name,
): { readonly [Key in Name]?: string } {
  const found = value[name]
  // A computed key has the type string for the compiler.
  return typeof found === 'string' ? ({ [name]: found } as { [Key in Name]: string }) : {}
}
