import { type Arrows, placeRooms, type Spot } from './place-rooms.ts'

const width = 760
const margin = 20
const box = { width: 108, height: 38 }
const rowHeight = 92

/** Colours as in the other pictures of the documentation, light and dark. */
const style = `
    text { font: 14px system-ui, sans-serif; font-weight: 600; text-anchor: middle; fill: #1d2522 }
    .back { fill: #ffffff; stroke: #dce2df }
    .box { fill: #f4f6f5; stroke: #8a9691; stroke-width: 1.5 }
    .main { fill: #e2f3ec; stroke: #0b6e4f; stroke-width: 1.5 }
    .line { fill: none; stroke: #5b6762; stroke-width: 1.5; marker-end: url(#arrow) }
    .head { fill: #5b6762 }
    @media (prefers-color-scheme: dark) {
      text { fill: #dfe6e3 }
      .back { fill: #14181c; stroke: #313a41 }
      .box { fill: #20272c; stroke: #6d7a75 }
      .main { fill: #12352a; stroke: #57c79f }
      .line { stroke: #a7b2ad }
      .head { fill: #a7b2ad }
    }
  `

/** The picture of which room imports which, as SVG. */
export function drawRooms(arrows: Arrows): string {
  const { rows, ways } = placeRooms(arrows)
  const height = margin * 2 + (rows.length - 1) * rowHeight + box.height
  const said = [...arrows].flatMap(([room, imported]) =>
    imported.size === 0 ? [] : [`${room} imports ${[...imported].sort().join(', ')}.`],
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    '  <title id="title">Which room imports which</title>',
    `  <desc id="desc">${said.join(' ')}</desc>`,
    `  <style>${style}</style>`,
    '  <defs>',
    '    <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
    '      <path class="head" d="M0 0 8 4 0 8z"/>',
    '    </marker>',
    '  </defs>',
    `  <rect class="back" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>`,
    ...ways.map((way) => `  <path class="line" d="${pathOf(way)}"/>`),
    ...rows.flat().flatMap(roomAt),
    '</svg>',
    '',
  ].join('\n')
}

function roomAt(spot: Spot): string[] {
  if (spot.room === undefined) return []
  const [x, y] = [xOf(spot), topOf(spot)]
  // The first row has the room that puts the others together.
  const kind = spot.row === 0 ? 'main' : 'box'
  return [
    `  <rect class="${kind}" x="${x - box.width / 2}" y="${y}" width="${box.width}" height="${box.height}" rx="7"/>`,
    `  <text x="${x}" y="${y + box.height / 2 + 5}">${spot.room}</text>`,
  ]
}

/** Down from the lower edge of the first room to the upper edge of the last, upright where it passes a row. */
function pathOf(way: readonly Spot[]): string {
  const [first, ...others] = way
  if (first === undefined) return ''
  const parts = [`M${xOf(first)} ${topOf(first) + box.height}`]
  let from = first
  for (const spot of others) {
    const [begin, end] = [topOf(from) + box.height, topOf(spot)]
    const middle = (begin + end) / 2
    parts.push(`C${xOf(from)} ${middle} ${xOf(spot)} ${middle} ${xOf(spot)} ${end}`)
    if (spot.room === undefined) parts.push(`V${end + box.height}`)
    from = spot
  }
  return parts.join(' ')
}

function xOf({ across }: Spot): number {
  return Math.round(margin + across * (width - 2 * margin))
}

function topOf({ row }: Spot): number {
  return margin + row * rowHeight
}
