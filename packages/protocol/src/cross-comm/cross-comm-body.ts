import { base64ToBytes, bytesToBase64, type MessageType, PosthouseError } from '@posthouse/core'
import { maxDepth } from '../frame/codec.ts'
import { isObject } from '../frame/frame-shape.ts'
import { scanMembers } from '../json/json-scan.ts'
import { parseOr, rawMembers } from './cross-comm-frame.ts'

const encoder = new TextEncoder()
const fileTypes: ReadonlySet<MessageType> = new Set(['image', 'file', 'folder', 'audio', 'video'])

/** The content and the object key of a message in words of the cross_comm dialect, as JSON text. */
export interface CrossCommContent {
  readonly content: string
  readonly ossKey: string
}

/**
 * The v1 JSON body of a frame that came from a cross_comm peer. Spec: 9.5.
 * @throws PosthouseError `unrepresentable`
 */
export function crossCommBodyText(type: MessageType, frame: Uint8Array): string {
  const raw = rawMembers(frame)
  const content = raw.get('content') ?? 'null'
  const value = parseOr(content, notJson)
  if (value === notJson) throw unrepresentable('its content holds NaN or Infinity')
  const text = fileTypes.has(type) ? fileBody(value, raw.get('oss_key')) : userBody(type, value, content)
  assertDepth(text)
  return text
}

/**
 * What a v1 body is in the cross_comm dialect. Spec: 9.6.
 * @param json the body as v1 JSON text
 * @throws PosthouseError `unrepresentable`, `invalid_body`
 */
export function crossCommContent(type: MessageType, json: string): CrossCommContent {
  if (type.startsWith('x-')) throw unrepresentable(`its dialect has no type ${type}`)
  if (type === 'bytes') return { content: paddedBase64(json), ossKey: 'null' }
  if (!fileTypes.has(type)) return { content: json, ossKey: 'null' }
  const body: unknown = JSON.parse(json)
  if (!isObject(body)) throw unrepresentable(`a ${type} body must be an object with key and name`)
  const { key, name, path } = body
  const shown = [path, name, key].find((each) => typeof each === 'string')
  return { content: JSON.stringify(shown ?? ''), ossKey: typeof key === 'string' ? JSON.stringify(key) : 'null' }
}

const notJson = Symbol('not JSON')
/** How the originals spell bytes; they leave anything else undecoded. */
const standardBase64 = /^"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"$/

function paddedBase64(json: string): string {
  if (standardBase64.test(json)) return json
  const text: unknown = JSON.parse(json)
  if (typeof text !== 'string') throw new PosthouseError('invalid_body', 'a bytes body must be base64 text')
  return JSON.stringify(bytesToBase64(base64ToBytes(text)))
}

function userBody(type: MessageType, value: unknown, content: string): string {
  if (type === 'dict') return dictBody(value, content)
  if (type === 'bytes') return bytesBody(value)
  // text and json are strings in v1; programs that send another value mean its JSON text.
  return typeof value === 'string' ? content : JSON.stringify(content)
}

/** Java and Swift put the JSON text of the object where Python puts the object. */
function dictBody(value: unknown, content: string): string {
  const inner = typeof value === 'string' ? parseOr(value, undefined) : value
  if (!isObject(inner)) throw unrepresentable('a dict must be an object, or the JSON text of one')
  return typeof value === 'string' ? value : content
}

function bytesBody(value: unknown): string {
  if (typeof value !== 'string') throw unrepresentable('bytes must be base64 text')
  try {
    return JSON.stringify(bytesToBase64(base64ToBytes(value)))
  } catch (cause) {
    throw unrepresentable('its bytes are not base64 text', cause)
  }
}

function fileBody(content: unknown, ossKey = 'null'): string {
  const path = typeof content === 'string' ? content : JSON.stringify(content)
  const key = parseOr(ossKey, null)
  const name = path.split(/[/\\]/).findLast((part) => part !== '') ?? path
  return JSON.stringify({ key: typeof key === 'string' ? key : null, name, path })
}

function assertDepth(text: string): void {
  try {
    scanMembers(encoder.encode(text), [], maxDepth - 1)
  } catch (cause) {
    throw unrepresentable(`its content is nested deeper than ${maxDepth - 1} levels`, cause)
  }
}

function unrepresentable(reason: string, cause?: unknown): PosthouseError {
  return new PosthouseError('unrepresentable', `the message cannot be passed on: ${reason}`, { cause })
}
