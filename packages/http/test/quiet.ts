import type { ErrorCode } from '@posthouse/core'
import { createHttpClient, type HttpClient, type HttpClientOptions, type HttpError, isHttpError } from '../src/index.ts'

/** A client that writes no logs and does not try again, but for what a test names. */
export function quietClient(options: HttpClientOptions = {}): HttpClient {
  return createHttpClient({ logging: false, retry: false, proxy: false, ...options })
}

/** Holds that a promise is rejected with `code`, and gives the error. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<HttpError> {
  try {
    await promise
  } catch (error) {
    if (!isHttpError(error)) throw new Error('it failed with an error that says nothing of a request', { cause: error })
    if (error.code !== code) throw new Error(`it failed with ${error.code} and not with ${code}`, { cause: error })
    return error
  }
  throw new Error(`it did not fail with ${code}`)
}

/** Lets everything that is on its way between two sockets of this process arrive. */
export async function turns(count = 50): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
