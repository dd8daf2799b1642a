import { readFileSync } from 'node:fs'

/** One frame of another program, exactly as it travels. */
export interface VectorFrame {
  readonly name: string
  readonly from: string
  readonly text: string
}

/** One frame that the original server was sent, and what it passed on. */
export interface VectorRelay {
  readonly name: string
  readonly sent: string
  readonly binary?: boolean
  readonly relayed: string | null
}

/** How a client leaves. */
export interface VectorClose {
  readonly name: string
  readonly from: string
  readonly code: number
  readonly reason: string
}

interface VectorFile {
  readonly frames: readonly VectorFrame[]
  readonly relays: readonly VectorRelay[]
  readonly closes: readonly VectorClose[]
}

/** What real programs sent. */
export const recorded: VectorFile = read('recorded.json')
/** How the clients of the family differ. */
export const variants: VectorFile = read('dialect-variants.json')

const userTypes = new Set(['text', 'json', 'dict', 'bytes', 'file', 'image', 'folder'])

/** The frames of a type that programs send to each other, with a name that is unique. */
export function userFrames(): readonly VectorFrame[] {
  const clients = [...recorded.frames, ...variants.frames].filter(({ from }) => from.endsWith('-client'))
  return clients.filter(({ text }) => userTypes.has(fieldOf(text, 'msg_type'))).map(named)
}

/** The frames of one type that is not for other programs. */
export function controlFrames(type: string): readonly VectorFrame[] {
  return [...recorded.frames, ...variants.frames]
    .filter(({ from, text }) => from.endsWith('-client') && fieldOf(text, 'msg_type') === type)
    .map(named)
}

/** A string field of a frame, found in its text: not every frame is JSON for JavaScript. */
export function fieldOf(text: string, field: string): string {
  return new RegExp(`"${field}": ?"([^"]*)"`).exec(text)?.[1] ?? ''
}

function named(frame: VectorFrame, index: number): VectorFrame {
  return { ...frame, name: `${frame.name} of the ${frame.from} (${index})` }
}

function read(file: string): VectorFile {
  const url = new URL(`../../../spec/vectors/cross_comm/${file}`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as VectorFile
}
