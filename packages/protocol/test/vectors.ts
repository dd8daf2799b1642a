import { readFileSync } from 'node:fs'
import { decode, encode } from '@msgpack/msgpack'
import { base64ToBytes, bytesToBase64, type MessageType } from '@posthouse/core'
import type { BadFrame, ClientFrame, Codec, Frame, HubFrame, Wire } from '@posthouse/protocol'
import { jsonClientCodec, jsonHubCodec, readPartFrame } from '@posthouse/protocol'
import { msgpackClientCodec, msgpackHubCodec } from '@posthouse/protocol/msgpack'

/** The spellings that a vector may have: text, hexadecimal digits, or pieces with how often each is repeated. */
export interface Spellings {
  readonly json?: string
  readonly jsonSpaced?: string
  readonly jsonHex?: string
  readonly jsonParts?: readonly (readonly [string, number])[]
  readonly msgpack?: string
  readonly msgpackParts?: readonly (readonly [string, number])[]
}

/** One entry of spec/vectors/v1. */
export interface Vector extends Spellings {
  readonly name: string
  readonly clause: string
  readonly from: 'client' | 'hub'
}

export type FrameVector = Vector & { readonly frame: unknown }
export type ArrayVector = Vector & { readonly frames: readonly unknown[] }
export type Expected = { readonly op: string } | { readonly error: string; readonly about: string }
export type RefusalVector = Vector & { readonly outcome: { readonly close: string } | readonly Expected[] }
export type BodyVector = Pick<Vector, 'name' | 'json' | 'msgpack'> & {
  readonly crossComm?: string
  readonly type: MessageType
  readonly only?: string
  readonly outcome?: { readonly error: string }
}

/** The vectors of one file. What they hold is written by spec/vectors/generate.py and trusted here. */
export function vectorsOf<Kind>(file: string): readonly Kind[] {
  const path = new URL(`../../../spec/vectors/v1/${file}`, import.meta.url)
  const { vectors }: { vectors: readonly Kind[] } = JSON.parse(readFileSync(path, 'utf8'))
  return vectors
}

type Dialect = 'json' | 'msgpack'
/** One way to hand a vector to a decoder. */
export interface Spelling {
  readonly dialect: Dialect
  readonly how: string
  readonly wire: Wire
}

/** Every wire form of a vector: text and bytes, plain bytes, a Buffer, and a view into the middle of a larger buffer. */
export function spellingsOf(vector: Spellings): readonly Spelling[] {
  const { json, jsonSpaced, jsonHex, jsonParts, msgpack, msgpackParts } = vector
  const texts = [json, jsonSpaced, joined(jsonParts)].filter((text) => text !== undefined)
  const hex = msgpack ?? joined(msgpackParts)
  return [
    ...texts.flatMap((text) => [
      { dialect: 'json' as const, how: 'text', wire: text },
      ...byteForms('json', Buffer.from(text)),
    ]),
    ...(jsonHex === undefined ? [] : byteForms('json', Buffer.from(jsonHex, 'hex'))),
    ...(hex === undefined ? [] : byteForms('msgpack', Buffer.from(hex, 'hex'))),
  ]
}

function joined(parts: readonly (readonly [string, number])[] | undefined): string | undefined {
  return parts?.map(([piece, times]) => piece.repeat(times)).join('')
}

function byteForms(dialect: Dialect, bytes: Buffer): readonly Spelling[] {
  const middle = Buffer.concat([Buffer.from('"{['), bytes, Buffer.from('"}]')])
  return [
    { dialect, how: 'Uint8Array', wire: new Uint8Array(bytes) },
    { dialect, how: 'Buffer', wire: bytes },
    { dialect, how: 'Buffer inside a larger one', wire: middle.subarray(3, 3 + bytes.length) },
  ]
}

type Decoder = { decode(message: Wire): readonly (Frame | BadFrame)[] }

/** The codec of the end that receives what `from` sends. */
export function receiverOf(from: 'client' | 'hub', dialect: Dialect): Decoder {
  if (from === 'client') return dialect === 'json' ? jsonHubCodec : msgpackHubCodec
  return clientCodec(dialect)
}

/** The client's codec of a dialect, with all parts of a client. */
export function clientCodec(dialect: Dialect): Codec<HubFrame, ClientFrame> {
  const codec = dialect === 'json' ? jsonClientCodec : msgpackClientCodec
  return { ...codec, decode: (wire) => codec.decode(wire).map(readPartFrame) }
}

/** The hub's codec of a dialect. */
export function hubCodec(dialect: Dialect): Codec<ClientFrame, HubFrame> {
  return dialect === 'json' ? jsonHubCodec : msgpackHubCodec
}

/** A vector's frame as a decoder of this dialect shows it: bytes are base64 text in JSON. */
export function canonical(value: unknown, dialect: Dialect): unknown {
  return mapped(value, (base64) => (dialect === 'json' ? base64 : new Uint8Array(base64ToBytes(base64))))
}

function mapped(value: unknown, bytes: (base64: string) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each: unknown) => mapped(each, bytes))
  if ('$base64' in value) return bytes(String(value.$base64))
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapped(member, bytes)]))
}

/** A decoded frame with its body as a value, however the decoder left it. */
export function plainFrame(frame: Frame | BadFrame): unknown {
  if (!('body' in frame) || frame.body === undefined) return frame
  const { body } = frame
  if (body.format === 'value') return { ...frame, body: body.value }
  if (body.format === 'json') return { ...frame, body: JSON.parse(new TextDecoder().decode(body.bytes)) }
  return { ...frame, body: decode(body.bytes) }
}

/** A vector's frame as a client hands it to its codec. */
export function frameToSend(value: unknown, dialect: Dialect): ClientFrame {
  const frame = canonical(value, dialect)
  // The vectors hold frames of the client's shapes only where `from` is client.
  return withBody(frame, (body) => ({ format: 'value', value: body })) as ClientFrame
}

/** A vector's frame as the hub hands it to its codec: bodies are bytes already. */
export function frameToDeliver(value: unknown, dialect: Dialect): HubFrame {
  const frame = canonical(value, dialect)
  // The vectors hold frames of the hub's shapes only where `from` is hub.
  return withBody(frame, (body) => ({ format: dialect, bytes: rawBody(body, dialect) })) as HubFrame
}

function rawBody(body: unknown, dialect: Dialect): Uint8Array {
  if (dialect === 'msgpack') return encode(body)
  return new TextEncoder().encode(JSON.stringify(body instanceof Uint8Array ? bytesToBase64(body) : body))
}

function withBody(frame: unknown, wrap: (body: unknown) => unknown): unknown {
  if (typeof frame !== 'object' || frame === null || !('body' in frame)) return frame
  return { ...frame, body: wrap(frame.body) }
}
