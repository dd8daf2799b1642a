import type { SendOptions } from '@posthouse/client'
import type { MessageType } from '@posthouse/core'
import { Argument, type Command, Option } from 'commander'
import { parseType, readInput, type TypedBody, typedBody } from './body.ts'
import { parseDuration } from './duration.ts'
import { checked } from './option-values.ts'

/** Words of every command that sends a message. */
export interface OutgoingWords {
  readonly type: MessageType
  readonly qos: string
  readonly ttl?: number
}

/** Adds the body, and the words of `OutgoingWords`. */
export function withOutgoingWords(command: Command): Command {
  return command
    .addArgument(new Argument('[body]', 'text; JSON for types other than text, json and bytes'))
    .option(
      '--type <type>',
      'text, json, dict, bytes, image, file, folder, audio, video or x-<name>',
      checked(parseType),
      'text',
    )
    .addOption(
      new Option('--qos <level>', '1: stored before it is confirmed; 0: live only').choices(['0', '1']).default('1'),
    )
    .option('--ttl <time>', 'after how long it expires, such as 30s or 2h (default: never)', checked(parseDuration))
}

/** The body that was written or piped in. @throws PosthouseError `invalid_body`, `invalid_option`, `body_too_large` */
export async function bodyOf({ type }: OutgoingWords, body: string | undefined): Promise<TypedBody> {
  return typedBody(type, body ?? (await readInput()))
}

/** The words as options of the client. */
export function sendOptionsOf({ type, qos, ttl }: OutgoingWords, signal: AbortSignal): SendOptions {
  return { type, qos: qos === '0' ? 0 : 1, ...(ttl !== undefined && { ttlMs: Math.ceil(ttl) }), signal }
}
