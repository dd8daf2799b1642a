import { isMessageType, messageTypes } from '@posthouse/core'
import { type Check, isObject, misfit, type Shape } from './frame-shape.ts'

const maxTextLength = 4096

export const text: Check = (value) =>
  isText(value) && value.length > 0 && value.length <= maxTextLength
    ? undefined
    : `must be a string of 1 to ${maxTextLength} characters`
export const anyText: Check = (value) => (isText(value) ? undefined : 'must be a string')
export const id: Check = (value) =>
  isText(value) && value.length > 0 && value.length <= 256 ? undefined : 'must be a string of 1 to 256 characters'
export const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
export const count: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'must be a whole number from 0'
export const positive: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) > 0 ? undefined : 'must be a whole number from 1'
const anything: Check = () => undefined
const messageType: Check = (value) =>
  typeof value === 'string' && isMessageType(value)
    ? undefined
    : `must be one of ${messageTypes.join(', ')} or x-<name>`
export const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value) ? undefined : `must be ${words.join(' or ')}`
export const listOf =
  (check: Check, most: number): Check =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every((each) => check(each) === undefined)
      ? undefined
      : `must be a list of at most ${most} entries that each ${check(undefined)}`
export const mapOf =
  (check: Check, most: number): Check =>
  (value) =>
    isObject(value) &&
    Object.keys(value).length <= most &&
    Object.keys(value).every((name) => name.isWellFormed()) &&
    Object.values(value).every((each) => check(each) === undefined)
      ? undefined
      : `must be an object of at most ${most} entries that each ${check(undefined)}`
export const shaped =
  (shape: Shape): Check =>
  (value) =>
    isObject(value) ? misfit(value, shape) : 'must be an object'

export const position: Check = shaped({ epoch: text, seq: count })
export const headers: Check = mapOf(
  (value) => (isText(value) && value.length <= maxTextLength ? undefined : 'must be a string'),
  64,
)
const errorInfo: Shape = { code: text, number: count, message: anyText, retry: flag }
export const envelope: Shape = {
  id,
  to: text,
  type: messageType,
  body: anything,
  '?headers': headers,
  '?replyTo': text,
  '?sec': anything,
}
/** Spec: 3.6. */
export const will: Shape = {
  to: text,
  type: messageType,
  body: anything,
  '?headers': headers,
  '?qos': (value) => (value === 0 || value === 1 ? undefined : 'must be 0 or 1'),
  '?ttlMs': positive,
}
export const request: Shape = { id, to: text, '?from': text, method: id, '?body': anything, '?timeoutMs': positive }
export const response: Shape = { id, '?body': anything, '?error': shaped(errorInfo), '?part': count, '?end': flag }
export const credit: Shape = { id, parts: positive }
export const sign: Shape = { '?id': id }

/** True for a string without halves of surrogate pairs, which UTF-8 and so MessagePack cannot carry. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}
