import { Random } from '../simulator/random.ts'
import { beginningsOf, drawInput, type Language } from './inputs.ts'
import { attempt, type Target, targets } from './targets.ts'

/** An input that a decoder did not survive, cut down as far as it went. */
export interface Finding {
  readonly target: string
  readonly seed: number
  readonly base64: string
  readonly problem: string
}

/** What to feed. */
export interface FuzzOptions {
  readonly language: Language
  readonly seed: number
  readonly inputs: number
  /** Default: the decoders of the language. */
  readonly against?: readonly Target[]
}

/** How many inputs are looked at more closely: one of so many. */
const closely = 16

/** Feeds inputs to every decoder of a language until one fails. */
export function fuzz({ language, seed, inputs, against = targets[language] }: FuzzOptions): Finding | undefined {
  const { stackTraceLimit } = Error
  // Refusals are the rule here, and most of their time goes into stacks that nobody reads.
  Error.stackTraceLimit = 0
  try {
    const random = new Random(seed)
    const beginnings = beginningsOf(language)
    for (let count = 0; count < inputs; count++) {
      const input = drawInput(language, beginnings, random)
      for (const target of against) {
        const problem = problemOf(target, input, count % closely === 0)
        if (problem !== undefined) return finding(target, seed, input)
      }
    }
    return undefined
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** What is wrong with how a decoder takes an input, or nothing. */
export function problemOf(target: Target, input: Uint8Array, close = true): string | undefined {
  try {
    const made = attempt(target, input)
    return close ? hoarding(made, input) : undefined
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

/** A decoder may make about one value for each byte, and strings and bytes as long as the input. */
function hoarding(made: unknown, input: Uint8Array): string | undefined {
  const size = { values: 0, length: 0 }
  measure(made, size)
  const most = 16 * input.length + 4096
  if (size.values <= most && size.length <= most) return undefined
  return `${input.length} bytes became ${size.values} values with ${size.length} characters`
}

function measure(value: unknown, size: { values: number; length: number }): void {
  size.values++
  if (typeof value === 'string') size.length += value.length
  else if (ArrayBuffer.isView(value)) size.length += value.byteLength
  else if (value instanceof Error) size.length += value.message.length
  else if (Array.isArray(value)) for (const each of value) measure(each, size)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      size.length += name.length
      measure(each, size)
    }
  }
}

function finding(target: Target, seed: number, input: Uint8Array): Finding {
  const small = shrunk(target, input)
  const problem = problemOf(target, small) ?? 'gone'
  return { target: target.name, seed, base64: Buffer.from(small).toString('base64'), problem }
}

/** Takes bytes out while the decoder still fails. */
function shrunk(target: Target, input: Uint8Array): Uint8Array {
  let best = [...input]
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = best.length - size; at >= 0; at -= size) {
      const rest = best.toSpliced(at, size)
      if (problemOf(target, Uint8Array.from(rest)) !== undefined) best = rest
    }
  }
  return Uint8Array.from(best)
}
