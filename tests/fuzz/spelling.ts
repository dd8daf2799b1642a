import type { Random } from '../simulator/random.ts'
import { isMembers, Spelled, type Tree } from './tree.ts'

/** A tree as JSON text, in one of many spellings. */
export function spellJson(tree: Tree, random: Random): string {
  if (tree instanceof Spelled) return tree.json
  if (tree instanceof Uint8Array) return JSON.stringify(Buffer.from(tree).toString('base64'))
  if (typeof tree === 'string') return jsonString(tree, random)
  const gap = random.chance(0.05) ? random.pick([' ', '\n', '\t ', '\r\n']) : ''
  if (isMembers(tree)) {
    const members = tree.members.map(([name, value]) => `${jsonString(name, random)}${gap}:${spellJson(value, random)}`)
    return `{${gap}${members.join(`${gap},`)}}`
  }
  if (Array.isArray(tree)) return `[${tree.map((each: Tree) => spellJson(each, random)).join(`,${gap}`)}${gap}]`
  return typeof tree === 'number' && Number.isSafeInteger(tree) && random.chance(0.05)
    ? `${tree}.0`
    : JSON.stringify(tree)
}

function jsonString(text: string, random: Random): string {
  if (!random.chance(0.05)) return JSON.stringify(text)
  const escaped = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'))
  return `"${escaped.map((digits) => `\\u${digits}`).join('')}"`
}

/** A tree as MessagePack, with heads that are now and then longer than they need be. */
export function spellMsgpack(tree: Tree, random: Random): Uint8Array {
  const bytes: number[] = []
  write(tree, random, bytes)
  return Uint8Array.from(bytes)
}

function write(tree: Tree, random: Random, to: number[]): void {
  if (tree instanceof Spelled) to.push(...tree.msgpack)
  else if (tree === null) to.push(0xc0)
  else if (typeof tree === 'boolean') to.push(tree ? 0xc3 : 0xc2)
  else if (typeof tree === 'number') writeNumber(tree, random, to)
  else if (typeof tree === 'string') writeText(tree, random, to)
  else if (tree instanceof Uint8Array) to.push(0xc4, tree.length, ...tree)
  else if (isMembers(tree)) {
    writeHead(tree.members.length, { short: [0x80, 16], long: [0xde, 0xdf] }, random, to)
    for (const [name, value] of tree.members) {
      writeText(name, random, to)
      write(value, random, to)
    }
  } else {
    writeHead(tree.length, { short: [0x90, 16], long: [0xdc, 0xdd] }, random, to)
    for (const each of tree) write(each, random, to)
  }
}

function writeNumber(value: number, random: Random, to: number[]): void {
  const whole = Number.isInteger(value) && !Object.is(value, -0)
  if (whole && value >= 0 && value < 128 && !random.chance(0.05)) to.push(value)
  else if (whole && value >= 0 && value < 2 ** 32) to.push(0xce, ...bigEndian(value, 4))
  else {
    const view = new DataView(new ArrayBuffer(8))
    view.setFloat64(0, value)
    to.push(0xcb, ...new Uint8Array(view.buffer))
  }
}

function writeText(text: string, random: Random, to: number[]): void {
  const bytes = Buffer.from(text)
  writeHead(bytes.length, { short: [0xa0, 32], long: [0xda, 0xdb] }, random, to)
  for (const byte of bytes) to.push(byte)
}

function writeHead(
  size: number,
  heads: { readonly short: readonly [number, number]; readonly long: readonly [number, number] },
  random: Random,
  to: number[],
): void {
  const [first, below] = heads.short
  const [two, four] = heads.long
  if (size < below && !random.chance(0.05)) to.push(first | size)
  else if (size < 65_536 && !random.chance(0.05)) to.push(two, ...bigEndian(size, 2))
  else to.push(four, ...bigEndian(size, 4))
}

function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256)
}
