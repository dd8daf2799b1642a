import { addErrorRows, isErrorCode, PosthouseError } from '@posthouse/core'
import { callErrorRows } from './call-error-rows.ts'
import type { CallResponse } from './call-request.ts'

// The table of browsers is that of the client of the hub, which never hears of these.
addErrorRows(callErrorRows)

/** What an original says of a procedure that it does not have. */
const unknownApi = '未知的API: '

/**
 * The error that a failed response tells of; its `cause` is the response, with `details`. A code unknown here becomes
 * `call_failed` and stays readable in the message.
 */
export function failureOf(response: CallResponse): PosthouseError {
  const { code = '', error = 'the call failed', api } = response
  const options = { cause: response }
  if (isErrorCode(code)) return new PosthouseError(code, error, options)
  if (error === `${unknownApi}${api}`) {
    return new PosthouseError('no_handler', `the server has no procedure ${JSON.stringify(api)}`, options)
  }
  return new PosthouseError('call_failed', code === '' ? error : `${code}: ${error}`, options)
}

/** A response that stands for a failure on this side, for handlers that are given responses. */
export function failedResponse(
  call: { id: string; api: string; callback: string },
  error: PosthouseError,
): CallResponse {
  return {
    request_id: call.id,
    api: call.api,
    success: false,
    error: error.message,
    code: error.code,
    callback_func: call.callback,
  }
}
