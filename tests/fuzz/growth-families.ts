import { frameOf } from '../../packages/hub/test/web-socket-bytes.ts'
import type { Language } from './inputs.ts'

/** Inputs of any size that ask for as much work as they can: something repeated, in a place where it hurts. */
export interface GrowthFamily {
  readonly name: string
  readonly language: Language
  /** An input of about so many bytes. */
  readonly make: (bytes: number) => Uint8Array
}

const send = '{"op":"send","id":"m","to":"b","type":"x-a","n":1,'
const crossComm = '{"msg_id":"m","from_client_id":"a","to_client_id":"b","timestamp":1,"msg_type":"bytes",'
/** A map with the members of a `send`, whose last name is still to come. */
const msgpackSend = [...Buffer.from('87a26f70a473656e64a26964a16da2746fa162a474797065a3782d61a16e01', 'hex')]

const text = (name: string, language: Language, make: (bytes: number) => string): GrowthFamily => ({
  name: `${language}: ${name}`,
  language,
  make: (bytes) => Buffer.from(make(bytes)),
})
const repeated = (piece: string, bytes: number): string => piece.repeat(Math.ceil(bytes / piece.length))
const counted = (bytes: number, piece: (index: number) => string): string =>
  Array.from({ length: Math.ceil(bytes / piece(100_000).length) }, (_, index) => piece(index)).join('')

/** Pieces that scanners and regular expressions may stumble over, as contents and as broken text. */
const pieces: Readonly<Record<string, string>> = {
  quotes: '"',
  'escaped quotes': '\\"',
  backslashes: '\\\\',
  'single backslashes': '\\',
  'odd backslashes': '\\\\\\"',
  brackets: '[',
  braces: '{"a":',
  'closed brackets': '[]',
  'equal signs': '=',
  'base64 and a sign': 'AAAA=',
  digits: '9',
  'bare words': 'NaN,',
  'bare words without a boundary': 'NaN',
  'minus signs': '-',
  spaces: ' ',
  colons: ':',
  commas: ',',
  slashes: '/',
  dots: '.',
  escapes: '\\u0061',
  'half pairs': '\\ud800',
  'null bytes': '\0',
  emoji: '😀',
}

function textFamilies(): readonly GrowthFamily[] {
  return Object.entries(pieces).flatMap(([name, piece]) => [
    text(`${name} as the whole`, 'json', (bytes) => repeated(piece, bytes)),
    text(`${name} in a body`, 'json', (bytes) => `${send}"body":"${repeated(piece, bytes)}"}`),
    text(`${name} bare in a body`, 'json', (bytes) => `${send}"body":[${repeated(piece, bytes)}]}`),
    text(`${name} in a name`, 'json', (bytes) => `{"${repeated(piece, bytes)}":1,${send.slice(1)}"body":1}`),
    text(`${name} in the content`, 'cross_comm', (bytes) => `${crossComm}"content":"${repeated(piece, bytes)}"}`),
    text(`${name} beside a NaN`, 'cross_comm', (bytes) => `${crossComm}"content":"${repeated(piece, bytes)}","x":NaN}`),
    text(`${name} bare in the content`, 'cross_comm', (bytes) => `${crossComm}"content":[${repeated(piece, bytes)}]}`),
    text(`${name} as the whole`, 'cross_comm', (bytes) => repeated(piece, bytes)),
  ])
}

/** Shapes that take more than one repeated piece. */
const shapes: readonly GrowthFamily[] = [
  text('many members', 'json', (bytes) => `${send}${counted(bytes, (index) => `"k${index}":1,`)}"body":1}`),
  text('many bodies', 'json', (bytes) => `${send}${repeated('"body":{"a":1},', bytes)}"body":1}`),
  text('many escaped bodies', 'json', (bytes) => `${send}${repeated('"\\u0062ody":1,', bytes)}"body":1}`),
  text(
    'many headers',
    'json',
    (bytes) => `${send}"headers":{${counted(bytes, (index) => `"h${index}":"",`)}"h":""},"body":1}`,
  ),
  text('many objects', 'json', (bytes) => `${send}"body":[${repeated('{"a":[]},', bytes)}1]}`),
  text('many frames', 'json', (bytes) => `[${repeated('{"op":"ping"},', bytes)}{"op":"ping"}]`),
  text('many long integers', 'json', (bytes) => `${send}"body":[${repeated('9007199254740993,', bytes)}1]}`),
  text('one long integer', 'json', (bytes) => `${send}"body":${repeated('1234567890', bytes)}}`),
  text(
    'many caps',
    'json',
    (bytes) => `{"op":"hello","client":"a","producer":"p","caps":[${repeated('"a",', bytes)}"a"]}`,
  ),
  text(
    'many members',
    'cross_comm',
    (bytes) => `${crossComm}${counted(bytes, (index) => `"k${index}":1,`)}"content":1}`,
  ),
  text('many contents', 'cross_comm', (bytes) => `${crossComm}${repeated('"content":"a",', bytes)}"content":1}`),
  text('an address', 'cross_comm', (bytes) => `channel:${repeated('a.', bytes)}a`),
]

const packed = (name: string, make: (bytes: number) => readonly number[]): GrowthFamily => ({
  name: `msgpack: ${name}`,
  language: 'msgpack',
  make: (bytes) => Uint8Array.from([...msgpackSend, ...make(bytes)]),
})
const body = [...Buffer.from('a4626f6479', 'hex')]
const size = (count: number): readonly number[] => [24, 16, 8, 0].map((shift) => (count >>> shift) & 255)
const times = (piece: readonly number[], count: number): readonly number[] =>
  Array.from({ length: count * piece.length }, (_, index) => piece[index % piece.length] ?? 0)

const packedFamilies: readonly GrowthFamily[] = [
  packed('nils', (bytes) => [...body, 0xdd, ...size(bytes), ...times([0xc0], bytes)]),
  packed('empty maps', (bytes) => [...body, 0xdd, ...size(bytes), ...times([0x80], bytes)]),
  packed('nested arrays', (bytes) => [...body, ...times([0x91], bytes), 0xc0]),
  packed('pairs with one name', (bytes) => [
    ...body,
    0xdf,
    ...size(bytes / 4),
    ...times([0xa2, 0x61, 0x61, 1], bytes / 4),
  ]),
  packed('pairs with an integer as name', (bytes) => [...body, 0xdf, ...size(bytes / 2), ...times([7, 1], bytes / 2)]),
  packed('a long string', (bytes) => [...body, 0xdb, ...size(bytes), ...times([0x61], bytes)]),
  packed('a long string of two-byte characters', (bytes) => [
    ...body,
    0xdb,
    ...size(bytes & ~1),
    ...times([0xc3, 0xa9], bytes >> 1),
  ]),
  packed('a long name', (bytes) => [0xdb, ...size(bytes), ...times([0x61], bytes), 1]),
  packed('strings with long heads', (bytes) => [
    ...body,
    0xdd,
    ...size(bytes >> 3),
    ...times([0xdb, 0, 0, 0, 3, 0x61, 0x62, 0x63], bytes >> 3),
  ]),
  packed('64-bit integers', (bytes) => [
    ...body,
    0xdd,
    ...size(Math.floor(bytes / 9)),
    ...times([0xcf, 255, 0, 0, 0, 0, 0, 0, 1], Math.floor(bytes / 9)),
  ]),
  packed('a claim of four thousand millions', (bytes) => [...body, 0xdd, ...size(0xffffffff), ...times([0xc0], bytes)]),
  packed('claims inside claims', (bytes) => [...body, ...times([0xdd, 0, 0, 0, 200], bytes / 5)]),
]

const framed = (name: string, piece: Uint8Array, before: Uint8Array = Buffer.alloc(0)): GrowthFamily => ({
  name: `web_socket: ${name}`,
  language: 'web_socket',
  make: (bytes) => Buffer.concat([before, Buffer.alloc(bytes, piece)]),
})

const framedFamilies: readonly GrowthFamily[] = [
  framed('empty texts', frameOf({ first: 0x81, payload: Buffer.alloc(0) })),
  framed('texts of one letter', frameOf({ first: 0x81, payload: Buffer.from('x') })),
  framed('fragments of one letter', frameOf({ first: 0x00, payload: Buffer.from('x') }), beginning('é')),
  framed('empty fragments', frameOf({ first: 0x00, payload: Buffer.alloc(0) }), beginning('')),
  framed('pings', frameOf({ first: 0x89, payload: Buffer.from('x') })),
  framed('pings between fragments', frameOf({ first: 0x89, payload: Buffer.alloc(0) }), beginning('x')),
  framed('one long frame', Buffer.from('x'), Buffer.from('82ff0000000000ffffff00000000', 'hex')),
  framed('nothing but zeros', Buffer.alloc(1)),
]

function beginning(payload: string): Buffer {
  return frameOf({ first: 0x01, payload: Buffer.from(payload) })
}

/** Every family. */
export const growthFamilies: readonly GrowthFamily[] = [
  ...textFamilies(),
  ...shapes,
  ...packedFamilies,
  ...framedFamilies,
]
