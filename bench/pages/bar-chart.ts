import type { Spread } from '../table.ts'

/** One bar: the median, and a line from the least to the most. */
interface Bar extends Spread {
  readonly label: string
  /** The number as it is written beside the bar. */
  readonly shown: string
  /** Whether it is one of ours. */
  readonly own: boolean
}

/** Bars of one scale. */
export interface BarGroup {
  /** Empty where there is only one group. */
  readonly name: string
  readonly bars: readonly Bar[]
}

const [width, labelWidth, valueWidth] = [860, 330, 90]
const [barHeight, lineHeight, top] = [16, 24, 34]
const mostWidth = width - labelWidth - valueWidth

const style =
  'text{font:13px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600}.o{fill:#2f6feb}.p{fill:#9aa4af}.s{stroke:#1f2328}' +
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.o{fill:#5b8def}.p{fill:#6e7781}.s{stroke:#e6edf3}}'

/**
 * Bars side by side as an SVG, which is read in light and in dark pages. Each group has a scale of its own.
 * @param title what the length of a bar is
 */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  const rows: string[] = []
  let y = top
  for (const { name, bars } of groups) {
    if (name !== '') {
      rows.push(
        `<text class="t" x="${labelWidth - 8}" y="${y + barHeight - 4}" text-anchor="end">${escaped(name)}</text>`,
      )
      y += lineHeight
    }
    const most = Math.max(...bars.map((bar) => bar.most), Number.MIN_VALUE)
    for (const bar of bars) {
      rows.push(barOf(bar, y, most))
      y += lineHeight
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img">
<title>${escaped(title)}</title>
<style>${style}</style>
<text class="t" x="${labelWidth}" y="18">${escaped(title)}</text>
${rows.join('\n')}
</svg>
`
}

function barOf({ label, shown, own, median, least, most }: Bar, y: number, longest: number): string {
  const length = (value: number): number => Math.round((Math.max(0, value) / longest) * mostWidth * 10) / 10
  const middle = y + barHeight / 2
  const text = y + barHeight - 4
  const spread = `<line class="s" x1="${labelWidth + length(least)}" y1="${middle}" x2="${labelWidth + length(most)}" y2="${middle}"/>`
  return [
    `<text x="${labelWidth - 8}" y="${text}" text-anchor="end">${escaped(label)}</text>`,
    `<rect class="${own ? 'o' : 'p'}" x="${labelWidth}" y="${y}" width="${length(median)}" height="${barHeight}"/>`,
    ...(least < most ? [spread] : []),
    `<text x="${labelWidth + length(most) + 6}" y="${text}">${escaped(shown)}</text>`,
  ].join('')
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (found) => entities[found] ?? found)
}
