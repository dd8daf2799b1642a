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

/** What real programs and the original server wrote. */
export const recorded: { readonly frames: readonly VectorFrame[]; readonly relays: readonly VectorRelay[] } =
  read('recorded.json')

/** How the clients of the family differ. */
export const variants: { readonly frames: readonly VectorFrame[] } = read('dialect-variants.json')

/** Every frame of both files. */
export const allFrames: readonly VectorFrame[] = [...recorded.frames, ...variants.frames]

/** The frame of that name. */
export function recordedFrame(name: string): string {
  const found = recorded.frames.find((frame) => frame.name === name)
  if (found === undefined) throw new Error(`no recorded frame is named ${name}`)
  return found.text
}

function read<Vectors>(file: string): Vectors {
  const url = new URL(`../../../spec/vectors/cross_comm/${file}`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as Vectors
}
