import { RawTcp } from './raw-tcp.ts'
import { close, frameOf, text } from './web-socket-bytes.ts'

/** What a server says, in short: `text`, `binary` or `pong` with a payload, `close` with a code. */
export type Said = string

const bytes = (first: number, payload: string | Buffer): Buffer => frameOf({ first, payload: Buffer.from(payload) })
/** A ping with this payload. */
export const ping = (payload: string | Buffer): Buffer => bytes(0x89, payload)

/** Frames that a client writes, and what a server that says all back tells it until the end; after the chapters of the Autobahn suite. */
export const webSocketCases: Readonly<Record<string, readonly [written: readonly Buffer[], said: readonly Said[]]>> = {
  // 1: framing
  'an empty text': [[text('')], ['text ']],
  'texts of every form of length': [
    [text('a'), text('b'.repeat(125)), text('c'.repeat(126)), text('d'.repeat(65_535)), text('e'.repeat(65_536))],
    [
      'text a',
      `text ${'b'.repeat(125)}`,
      `text ${'c'.repeat(126)}`,
      `text ${'d'.repeat(65_535)}`,
      `text ${'e'.repeat(65_536)}`,
    ],
  ],
  'lengths in more bits than they need': [
    [
      frameOf({ first: 0x81, payload: Buffer.from('x'), size: 16 }),
      frameOf({ first: 0x81, payload: Buffer.from('y'), size: 64 }),
    ],
    ['text x', 'text y'],
  ],
  'binary of every byte': [
    [bytes(0x82, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))],
    [`binary ${Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')}`],
  ],
  // 2: pings and pongs
  'a ping': [[ping('hi')], ['pong hi']],
  'an empty ping': [[ping('')], ['pong ']],
  'a ping of 125 bytes': [[ping('p'.repeat(125))], [`pong ${'p'.repeat(125)}`]],
  'a ping of 126 bytes': [[ping('p'.repeat(126))], ['close 1002']],
  'a pong that nobody asked for': [[bytes(0x8a, 'lonely')], []],
  // 3: reserved bits
  RSV1: [[text('x', 0xc1)], ['close 1002']],
  RSV2: [[text('x', 0xa1)], ['close 1002']],
  'RSV3 on a ping, behind a text': [
    [text('x'), bytes(0x99, '')],
    ['text x', 'close 1002'],
  ],
  // 4: opcodes
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [
      `opcode ${opcode}`,
      [[bytes(0x80 | opcode, '')], ['close 1002']],
    ]),
  ),
  // 5: fragments
  'a ping in two fragments': [[bytes(0x09, 'a'), bytes(0x80, 'b')], ['close 1002']],
  'a text in fragments': [[text('fra', 0x01), text('gm', 0x00), text('', 0x00), text('ent', 0x80)], ['text fragment']],
  'a ping between fragments': [
    [text('a', 0x01), ping('p'), text('b', 0x80)],
    ['text ab', 'pong p'],
  ],
  'a continuation of nothing': [[text('x', 0x80)], ['close 1002']],
  'a continuation of what has ended': [
    [text('a', 0x01), text('b', 0x80), text('c', 0x80)],
    ['text ab', 'close 1002'],
  ],
  'a text inside a text': [[text('a', 0x01), text('b', 0x81)], ['close 1002']],
  // 6: UTF-8
  'text in many languages': [[text('κόσμε 漢字 😀')], ['text κόσμε 漢字 😀']],
  'a character cut by fragments': [
    [text(Buffer.from('😀').subarray(0, 2), 0x01), text(Buffer.from('😀').subarray(2), 0x80)],
    ['text 😀'],
  ],
  'a surrogate': [[text(Buffer.from('eda080', 'hex'))], ['close 1007']],
  'an overlong form': [[text(Buffer.from('c0af', 'hex'))], ['close 1007']],
  'a character above U+10FFFF': [[text(Buffer.from('f4908080', 'hex'))], ['close 1007']],
  'half a character': [[text(Buffer.from('e282', 'hex'))], ['close 1007']],
  'half a character behind 100 others': [
    [text(Buffer.concat([Buffer.alloc(100, 0x61), Buffer.from('e282', 'hex')]))],
    ['close 1007'],
  ],
  'bytes that are no text': [
    [bytes(0x82, Buffer.from('fffe', 'hex'))],
    [`binary ${Buffer.from('fffe', 'hex').toString('latin1')}`],
  ],
  // 7: closing
  'a close': [[close(1000, 'bye')], ['close 1000']],
  'a close without a code': [[close()], ['close']],
  'a close of one byte': [[bytes(0x88, 'x')], ['close 1002']],
  'a close of 126 bytes': [[close(1000, 'r'.repeat(124))], ['close 1002']],
  'a close of 125 bytes': [[close(1000, 'r'.repeat(123))], ['close 1000']],
  'a close whose reason is no UTF-8': [[close(1000, Buffer.from('fffe', 'hex'))], ['close 1007']],
  'what comes behind a close': [[close(1000), text('late'), ping('late')], ['close 1000']],
  ...Object.fromEntries(
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map((code) => [
      `close code ${code}`,
      [[close(code)], [`close ${code}`]],
    ]),
  ),
  ...Object.fromEntries(
    [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map((code) => [
      `close code ${code}`,
      [[close(code)], ['close 1002']],
    ]),
  ),
  // 9: limits
  'a message of the limit': [[bytes(0x82, Buffer.alloc(1000))], [`binary ${'\0'.repeat(1000)}`]],
  'no mask': [[frameOf({ first: 0x81, payload: Buffer.from('x'), masked: false })], ['close 1002']],
  'more than a number can hold': [[Buffer.from('82ffffffffffffffffff00000000', 'hex')], ['close 1009']],
  'more than the limit': [[Buffer.from('82ff00000000000f424100000000', 'hex')], ['close 1009']],
  'more than the limit in fragments': [
    [bytes(0x02, Buffer.alloc(600_000)), bytes(0x00, Buffer.alloc(400_000)), bytes(0x80, 'x')],
    ['close 1009'],
  ],
}

/** What a server says to a client that writes this and then ends. */
export async function saidTo(port: number, chunks: readonly Buffer[]): Promise<Said[]> {
  using tcp = await RawTcp.open(port)
  for (const chunk of chunks) tcp.socket.write(chunk)
  tcp.socket.end()
  return (await tcp.frames()).map(({ first, payload }) => {
    if (first === 0x88) return payload.length === 0 ? 'close' : `close ${payload.readUInt16BE(0)}`
    if (first === 0x8a) return `pong ${payload}`
    return first === 0x81 ? `text ${payload}` : `binary ${payload.toString('latin1')}`
  })
}
