import { type Clock, PosthouseError } from '@posthouse/core'
import { isRecord } from './call-request.ts'

/**
 * The objects of an answer that comes in lines of JSON; empty lines only show that the other end is there.
 * @param silenceMs how long nothing may come, in milliseconds
 * @throws PosthouseError `not_connected` where it breaks off
 */
export async function* readLines(
  reply: Response,
  silenceMs: number,
  clock: Clock,
): AsyncGenerator<Readonly<Record<string, unknown>>, void, undefined> {
  const reader = reply.body?.getReader()
  if (reader === undefined) return
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const chunk = await within(reader, silenceMs, clock)
      if (chunk === undefined) return
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const value: unknown = line.trim() === '' ? undefined : JSON.parse(line)
        if (isRecord(value)) yield value
      }
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** The next bytes; nothing at the end. */
async function within(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  silenceMs: number,
  clock: Clock,
): Promise<Uint8Array | undefined> {
  const late = Promise.withResolvers<never>()
  using _timer = clock.after(silenceMs, () => late.reject(new Error(`nothing came for ${silenceMs} ms`)))
  try {
    const { value } = await Promise.race([reader.read(), late.promise])
    return value
  } catch (cause) {
    throw new PosthouseError('not_connected', 'the answer broke off', { cause })
  }
}
