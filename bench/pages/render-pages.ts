import { type CatalogueName, catalogue } from '../catalogue.ts'
import { factsLine } from '../facts.ts'
import { keptResult, type Result } from '../results.ts'
import { markdownOf, shownIn, spreadOf, type Table } from '../table.ts'
import { type Target, targets, verdictOf } from '../targets.ts'
import { type BarGroup, barChart } from './bar-chart.ts'

const intro = `<!-- Drawn by \`npm run bench\` from the results in docs/performance/results. -->

# Performance

Each benchmark runs a part of Posthouse and other software that does the same, in turn, in one run on one machine; below each heading is
which machine, and how busy it was. Cells show the median of the rounds, with the minimum and the maximum; ratios are computed round by round.
In the charts a bar shows the median, the line in it runs from the minimum to the maximum, and each group has its own scale. What is measured,
and how to read it, is in [bench/README.md](../../bench/README.md). When a machine is slower for a while, it is slower for all of them, so
ratios say more than rates.

\`npm run bench -- <name>\` prints a table; \`npm run bench -- <name> --save\` saves its result here.
`

/** `docs/performance` as it follows from the results: the content of each file by its path. */
export function renderPages(): ReadonlyMap<string, string> {
  const results = (Object.keys(catalogue) as CatalogueName[]).flatMap((name) => keptResult(name) ?? [])
  const sections = results.map(sectionOf)
  const page = [intro, aimsOf(results), ...sections.map(({ text }) => text)].join('\n')
  const pictures = sections.flatMap((section) => section.pictures)
  return new Map([['docs/performance/README.md', page], ...pictures])
}

interface Section {
  readonly text: string
  readonly pictures: readonly (readonly [path: string, content: string])[]
}

function sectionOf(result: Result): Section {
  const { benchmark, words, facts, tables, note } = result
  const drawn = tables.flatMap((table, index) => {
    const picture = pictureOf(table)
    const name = `${benchmark}${index === 0 ? '' : `-${index + 1}`}.svg`
    return picture === undefined ? [] : [{ name, picture }]
  })
  const parts = [
    `## ${benchmark}`,
    `${capitalized(catalogue[benchmark])}.`,
    `\`npm run bench -- ${`${benchmark} ${words}`.trim()}\`: ${factsLine(facts)}.`,
    ...(note === undefined ? [] : [note]),
    ...drawn.map(({ name }) => `![${benchmark}](${name})`),
    ...tables.map(markdownOf),
  ]
  return {
    text: `${parts.join('\n\n')}\n`,
    pictures: drawn.map(({ name, picture }) => [`docs/performance/${name}`, picture] as const),
  }
}

function pictureOf({ columns, lines, drawn }: Table): string | undefined {
  const at = columns.findIndex(({ title }) => title === drawn)
  const column = columns[at]
  if (column === undefined) return undefined
  const groups = Map.groupBy(lines, ({ label }) => (label.includes(': ') ? label.replace(/: .*/s, '') : ''))
  const drawing = [...groups].map(([name, members]): BarGroup => {
    const bars = members.flatMap(({ label, cells }) => {
      const spread = spreadOf(cells[at] ?? [])
      if (spread === undefined) return []
      const own = label.includes('Posthouse')
      return [
        {
          label: label.slice(name === '' ? 0 : name.length + 2),
          shown: shownIn(column, spread.median),
          own,
          ...spread,
        },
      ]
    })
    return { name, bars }
  })
  return barChart(column.title, drawing)
}

function aimsOf(results: readonly Result[]): string {
  const rows = targets.map((target) => {
    const result = results.find(({ benchmark }) => benchmark === target.benchmark)
    const verdict = result && verdictOf(target, result)
    if (verdict === undefined) return `| ${target.aim} | ${target.benchmark} | - | not measured |`
    const { value, met } = verdict
    return `| ${target.aim} | ${target.benchmark} | ${shownValue(target, value)} | ${met ? 'met' : '**missed**'} |`
  })
  return `## Aims\n\n| aim | benchmark | measured | |\n|---|---|---:|---|\n${rows.join('\n')}\n`
}

function shownValue({ column, over }: Target, value: number): string {
  const unit = over === undefined ? column : `x ${over.replace(/^.*: /, '')}`
  return `${shownIn({ title: column }, value)} ${unit}`
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
