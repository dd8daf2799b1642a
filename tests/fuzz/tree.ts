import type { Random } from '../simulator/random.ts'

/** A value that is written as it stands here: no decoder's own type can hold it. */
export class Spelled {
  readonly json: string
  readonly msgpack: readonly number[]

  constructor(json: string, msgpack: readonly number[]) {
    this.json = json
    this.msgpack = msgpack
  }
}

/** What a mutated frame is made of. Members are a list, so that a name may come twice. */
export type Tree = null | boolean | number | string | Uint8Array | Spelled | readonly Tree[] | Members

/** An object of a tree. */
export interface Members {
  readonly members: readonly (readonly [string, Tree])[]
}

/** A parsed JSON value as a tree. */
export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf)
  if (typeof value === 'object' && value !== null) {
    return { members: Object.entries(value).map(([name, member]) => [name, treeOf(member)] as const) }
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

const words = [
  'op',
  'send',
  'hello',
  'deliver',
  'body',
  'id',
  'n',
  'seq',
  'type',
  'x-a',
  'qos',
  'sec',
  'headers',
  'ttlMs',
  '__proto__',
  '',
]
/** Members whose content is up to applications. */
const open = ['sec', 'sec', 'headers', 'replyTo']

/** Values at the edges of what decoders must cope with. */
const edges: readonly Tree[] = [
  null,
  true,
  0,
  -0,
  -1,
  0.5,
  1e308,
  5e-324,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  '',
  '\0',
  '\ud800',
  'a\udc00b',
  '"\\',
  'é😀',
  'A'.repeat(300),
  'YWJj',
  'YWJj=',
  '====',
  new Uint8Array(3),
  [],
  { members: [] },
  { members: [['__proto__', { members: [['op', 'x']] }]] },
  {
    members: [
      ['toJSON', 'x'],
      ['constructor', null],
      ['hasOwnProperty', 1],
    ],
  },
  new Spelled('1e400', [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]),
  new Spelled('NaN', [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]),
  new Spelled('18446744073709551615', [0xcf, 255, 255, 255, 255, 255, 255, 255, 255]),
  new Spelled('-9223372036854775808', [0xd3, 128, 0, 0, 0, 0, 0, 0, 0]),
  new Spelled('123456789012345678901234567890', [0xc1]),
  new Spelled('"\\ud83d"', [0xd6, 0xff, 0, 0, 0, 1]),
  new Spelled('{"a":1,"\\u0061":2}', [0xa2, 0xc3, 0x28]),
]

/** One change somewhere in the tree. */
export function mutated(tree: Tree, random: Random): Tree {
  if (random.chance(0.15)) return replacement(tree, random)
  if (Array.isArray(tree)) return mutatedList(tree, random)
  if (isMembers(tree)) return mutatedMembers(tree, random)
  return typeof tree === 'string' && random.chance(0.5) ? mutatedText(tree, random) : replacement(tree, random)
}

/** True for an object of a tree. */
export function isMembers(tree: Tree): tree is Members {
  return typeof tree === 'object' && tree !== null && 'members' in tree
}

function replacement(tree: Tree, random: Random): Tree {
  const choice = random.below(10)
  if (choice < 7) return random.chance(0.01) ? 'B'.repeat(5000) : random.pick(edges)
  if (choice === 7) return random.pick(words)
  let deep: Tree = tree
  const levels = random.pick([1, 2, 61, 62, 63, 64, 65, 200])
  for (let level = 0; level < levels; level++) deep = random.chance(0.5) ? [deep] : { members: [['a', deep]] }
  return deep
}

function mutatedList(list: readonly Tree[], random: Random): Tree {
  const at = random.below(list.length + 1)
  const found = list[at]
  if (found === undefined) return [...list, random.pick(edges)]
  const choice = random.below(8)
  if (choice === 0) return list.toSpliced(at, 1)
  if (choice === 1)
    return Array.from({ length: random.chance(0.9) ? 2 : random.pick([16, 255, 256, 257]) }, () => found)
  return list.with(at, mutated(found, random))
}

function mutatedMembers({ members }: Members, random: Random): Tree {
  const at = random.below(members.length + 1)
  const found = members[at]
  if (found === undefined) {
    const added = random.pick(random.chance(0.5) ? open : words)
    return { members: [...members, [added, mutated({ members: [] }, random)]] }
  }
  const [name, value] = found
  switch (random.below(8)) {
    case 0:
      return { members: members.toSpliced(at, 1) }
    case 1:
      return { members: [...members, [name, random.pick(edges)]] }
    case 2:
      return { members: members.with(at, [mutatedText(name, random), value]) }
    default:
      return { members: members.with(at, [name, mutated(value, random)]) }
  }
}

function mutatedText(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  const piece = random.pick(['', 'x', '"', '\\', '\n', '\0', ':', '\ud800', '😀', 'client:', '{', '='])
  return text.slice(0, at) + piece + text.slice(at + random.below(3))
}
