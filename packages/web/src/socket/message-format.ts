import { reasonOf, type SchemaResult, type StandardSchema } from '@posthouse/core'
import { faultsOf } from '../problem/fault.ts'
import { isProblem, type Problem, problem } from '../problem/problem.ts'
import { toStandard } from '../schema/json-schema.ts'
import type { Schema } from '../schema/schema.ts'
import { frameCodes } from './error-frame.ts'
import type { RawMessage } from './message-queue.ts'

/** A message as its reader wants it, or what is wrong with it. */
export type ReadMessage<Message> = Message | Problem

/** Turns what came into what a reader wants. It never throws. */
export type MessageReader<Message> = (raw: RawMessage) => ReadMessage<Message> | Promise<ReadMessage<Message>>

/** @returns the message where it is text */
export const textReader: MessageReader<string> = (raw) =>
  typeof raw === 'string' ? raw : problem(415, 'A text message is expected, and bytes came', { code: frameCodes.unfit })

/** @returns the message where it is bytes */
export const bytesReader: MessageReader<Uint8Array> = (raw) =>
  typeof raw === 'string' ? problem(415, 'Bytes are expected, and a text came', { code: frameCodes.unfit }) : raw

/** @returns the value of a JSON text */
export const jsonReader: MessageReader<unknown> = (raw) => {
  const text = textReader(raw)
  if (typeof text !== 'string') return text
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    return problem(400, `The message is not JSON: ${reasonOf(error)}`, { code: frameCodes.malformed })
  }
}

/** A reader of JSON texts that fit `schema`. */
export function schemaReader<Message>(schema: Schema): MessageReader<Message> {
  const { validate } = toStandard(schema)['~standard']
  return (raw) => {
    const value = jsonReader(raw)
    if (isProblem(value)) return value
    const result = validate(value)
    return result instanceof Promise ? result.then(judgement<Message>) : judgement<Message>(result)
  }
}

/** Checks what goes out. @throws Problem 500 where the handler's message does not fit */
export function outgoingCheck(schema: Schema): (message: unknown) => Promise<void> {
  const { validate }: StandardSchema['~standard'] = toStandard(schema)['~standard']
  return async (message) => {
    const { issues } = await validate(message)
    if (issues === undefined) return
    const errors = faultsOf('message', issues)
    const first = errors[0]
    throw problem(500, `A message that does not fit its schema was to be sent: ${first?.pointer} ${first?.detail}`, {
      code: frameCodes.unfit,
      errors,
    })
  }
}

/** What a schema has found, as a message or as what its sender is told. */
export function judgement<Message>(result: SchemaResult<unknown>): ReadMessage<Message> {
  // The schema gives what its types say.
  if (result.issues === undefined) return result.value as Message
  return problem(422, 'The message does not fit its schema; errors says where', {
    code: frameCodes.unfit,
    errors: faultsOf('message', result.issues),
  })
}
