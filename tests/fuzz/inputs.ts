import { readFileSync } from 'node:fs'
import { type Spellings, spellingsOf, vectorsOf } from '../../packages/protocol/test/vectors.ts'
import type { Random } from '../simulator/random.ts'
import { frames } from './frames.ts'
import { spellJson, spellMsgpack } from './spelling.ts'
import { mutated, type Tree, treeOf } from './tree.ts'

/** The wire languages that inputs are made for. */
export type Language = 'json' | 'msgpack' | 'cross_comm' | 'web_socket'

/** The messages that inputs begin as: every vector of the specification that is not huge. */
interface Beginnings {
  readonly wires: readonly Uint8Array[]
  readonly trees: readonly Tree[]
}

const files = ['frames.json', 'arrays.json', 'invalid.json', 'spellings.json', 'limits.json']

/** What the inputs of a language are made from. */
export function beginningsOf(language: Language): Beginnings {
  if (language === 'web_socket') return { wires: frames(), trees: [] }
  const texts = language === 'cross_comm' ? crossCommTexts() : jsonTexts()
  const trees = texts.flatMap((text) => parsed(text))
  if (language !== 'msgpack') return { wires: texts.map((text) => Buffer.from(text)), trees }
  return { wires: vectors().flatMap((vector) => wiresOf(vector, 'msgpack')), trees }
}

/** Draws one input: a changed tree, changed bytes, or noise. */
export function drawInput(language: Language, { wires, trees }: Beginnings, random: Random): Uint8Array {
  const choice = random.next()
  if (choice < 0.05) return noise(random)
  if (choice < 0.55 || trees.length === 0) return changedBytes(random.pick(wires), random)
  let tree = random.pick(trees)
  for (let changes = 1 + random.below(3); changes > 0; changes--) tree = mutated(tree, random)
  if (random.chance(0.05)) tree = [tree, random.pick(trees)]
  const spelled = language === 'msgpack' ? spellMsgpack(tree, random) : Buffer.from(spellJson(tree, random))
  return random.chance(0.1) ? changedBytes(spelled, random) : spelled
}

/** Bytes with a few flips, cuts, copies and insertions. */
function changedBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let changed = Buffer.from(bytes.subarray(0, 4096))
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(changed.length + 1)
    const choice = random.below(6)
    if (choice === 0) changed[at] = random.below(256)
    else if (choice === 1) changed = spliced(changed, at, 1 + random.below(8))
    else if (choice === 2) changed = spliced(changed, at, 0, random.pick(pieces))
    else if (choice === 3) changed = changed.subarray(0, at)
    else if (choice === 4) changed = spliced(changed, at, 0, changed.subarray(at, at + random.below(32)))
    else changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
  }
  return changed
}

function spliced(bytes: Buffer, at: number, removed: number, inserted: ArrayLike<number> = []): Buffer<ArrayBuffer> {
  const whole = Buffer.allocUnsafe(bytes.length - Math.min(removed, bytes.length - at) + inserted.length)
  whole.set(bytes.subarray(0, at))
  whole.set(inserted, at)
  whole.set(bytes.subarray(at + removed), at + inserted.length)
  return whole
}

/** What breaks parsers: heads that claim much and heads of frames, brackets, quotes, escapes, halves of characters. */
const pieces: readonly (readonly number[])[] = [
  [0x81, 0xff, 0, 0, 0, 0],
  [0x02, 0xfe],
  [0x89, 0x80],
  [0xdf, 0xff, 0xff, 0xff, 0xff],
  [0xdd, 0x7f, 0xff, 0xff, 0xff],
  [0xdb, 0xff, 0xff, 0xff, 0xff],
  [0xc6, 0x80, 0, 0, 0],
  [0xc9, 0xff, 0xff, 0xff, 0xff, 1],
  [0xc1],
  [0xc7, 0, 1],
  [0x22],
  [0x5c],
  [0x5c, 0x22],
  [0x7b],
  [0x7d],
  [0x5b, 0x5b, 0x5b],
  [0x2c],
  [0x3a],
  [0xef, 0xbb, 0xbf],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f],
  [0x00],
  [...Buffer.from('\\ud800')],
  [...Buffer.from('NaN')],
  [...Buffer.from('"body":')],
  [...Buffer.from('"__proto__":')],
]

function noise(random: Random): Uint8Array {
  const bytes = new Uint8Array(random.below(64))
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.below(256)
  return bytes
}

function vectors(): readonly Spellings[] {
  return files.flatMap((file) => vectorsOf<Spellings>(file))
}

function jsonTexts(): readonly string[] {
  return vectors().flatMap((vector) => wiresOf(vector, 'json').map((wire) => Buffer.from(wire).toString()))
}

function wiresOf(vector: Spellings, dialect: 'json' | 'msgpack'): readonly Uint8Array[] {
  return spellingsOf(vector).flatMap(({ dialect: found, how, wire }) =>
    found === dialect && how === 'Uint8Array' && typeof wire !== 'string' && wire.length < 5000 ? [wire] : [],
  )
}

function crossCommTexts(): readonly string[] {
  return ['recorded.json', 'dialect-variants.json'].flatMap((file) => {
    const path = new URL(`../../spec/vectors/cross_comm/${file}`, import.meta.url)
    const { frames }: { frames: readonly { readonly text?: string }[] } = JSON.parse(readFileSync(path, 'utf8'))
    return frames.flatMap(({ text }) => (text === undefined ? [] : [text]))
  })
}

function parsed(text: string): readonly Tree[] {
  try {
    return [treeOf(JSON.parse(text))]
  } catch {
    return []
  }
}
