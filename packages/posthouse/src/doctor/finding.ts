import { type Terminal, visible } from '../terminal.ts'

/** What a check found: all well, something to know, or something that keeps Posthouse from working. */
type Verdict = 'ok' | 'warning' | 'problem'

/** The result of one check. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly about: string
  readonly verdict: Verdict
  /** What was found. */
  readonly says: string
  /** What to do about it. */
  readonly advice?: string
}

export function ok(about: string, says: string): Finding {
  return { about, verdict: 'ok', says }
}

export function warning(about: string, says: string, advice: string): Finding {
  return { about, verdict: 'warning', says, advice }
}

export function problem(about: string, says: string, advice: string): Finding {
  return { about, verdict: 'problem', says, advice }
}

const colours = { ok: 'green', warning: 'yellow', problem: 'red' } as const

/** Prints findings for people: one line each, and what to do below. */
export function printFindings(terminal: Terminal, findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ about }) => about.length))
  for (const { about, verdict, says, advice } of findings) {
    const label = terminal.style(colours[verdict], verdict.padEnd(7))
    terminal.print(`${label}  ${about.padEnd(width)}  ${visible(says)}`)
    if (advice !== undefined) terminal.print(`${' '.repeat(width + 11)}${terminal.style('gray', visible(advice))}`)
  }
  terminal.print(`\n${summary(findings)}`)
}

function summary(findings: readonly Finding[]): string {
  const counts = (['problem', 'warning'] as const).flatMap((verdict) => {
    const count = findings.filter((finding) => finding.verdict === verdict).length
    return count === 0 ? [] : [`${count} ${verdict}${count === 1 ? '' : 's'}`]
  })
  return counts.length === 0 ? 'Nothing is wrong.' : `${counts.join(', ')}.`
}
