import type { Running, Work } from './job.ts'
import type { Language } from './language.ts'
import { Line } from './line.ts'
import { someOf } from './settle.ts'

/** Connections that are opened at the same time. */
const atOnce = 50

/** Clients that log in and then say nothing. */
export async function idle(port: number, language: Language, work: Extract<Work, { kind: 'idle' }>): Promise<Running> {
  const lines: Line[] = []
  let next = 0
  const open = async (): Promise<void> => {
    while (next < work.connections) lines.push(await Line.open(port, language, `r${next++}`))
  }
  await Promise.all(Array.from({ length: atOnce }, open))
  return {
    delivered: () => lines.length,
    end: async () => {
      const errors = someOf(lines.map((line) => line.error))
      for (const line of lines) line.close()
      return { errors }
    },
  }
}
