import type { Answer, Failure } from './answer.ts'

/** What of a call is in each response to it. */
export interface Addressed {
  readonly procedure: string
  readonly requestId: string
  readonly callbackFunc?: unknown
}

/** What document 000's server says when it has succeeded, and when it has received. */
const succeeded = '处理成功'
export const received = '请求已接收'

/**
 * The response object of document 000, as JSON and with its keys in its order. Programs that we wrote are also told the code.
 */
export function responseText(call: Addressed, answer: Answer, ours: boolean): string {
  const { requestId, procedure, callbackFunc } = call
  const head = `{"request_id":${quoted(requestId)},"api":${quoted(procedure)},`
  const tail = callbackFunc === undefined ? '}' : `,"callback_func":${JSON.stringify(callbackFunc) ?? 'null'}}`
  if (answer.ok) {
    const data = answer.text === undefined ? '' : `"data":${answer.text},`
    const items = ours && answer.items !== undefined ? `,"items":${answer.items}` : ''
    return `${head}"success":true,${data}"message":"${succeeded}"${items}${tail}`
  }
  const facts = ours ? `,${JSON.stringify(factsOf(answer)).slice(1, -1)}` : ''
  return `${head}"success":false,"error":${JSON.stringify(answer.message)}${facts}${tail}`
}

/** Most ids and names need no care. */
function quoted(text: string): string {
  return /^[\w.:-]*$/.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** The same as an object. */
export function responseOf(call: Addressed, answer: Answer, ours: boolean): object {
  const { requestId: request_id, procedure: api, callbackFunc: callback_func } = call
  if (answer.ok) {
    const response: Record<string, unknown> = { request_id, api, success: true }
    if (answer.text !== undefined) response.data = answer.value ?? JSON.parse(answer.text)
    response.message = succeeded
    if (ours && answer.items !== undefined) response.items = answer.items
    response.callback_func = callback_func
    return response
  }
  const failed = { request_id, api, success: false, error: answer.message }
  return ours ? { ...failed, ...factsOf(answer), callback_func } : { ...failed, callback_func }
}

function factsOf({ code, retry, details }: Failure): object {
  return details === undefined ? { code, retry } : { code, retry, details }
}
