/** Which rooms each room imports. */
export type Arrows = ReadonlyMap<string, ReadonlySet<string>>

/** A room, or where an arrow passes between the rooms of a row. */
export interface Spot {
  readonly room?: string
  /** Counted from the top. */
  readonly row: number
  /** From 0 at the left to 1 at the right. */
  across: number
}

export interface Placement {
  readonly rows: readonly (readonly Spot[])[]
  /** The spots that each arrow goes through, from the room that imports to the one that is imported. */
  readonly ways: readonly (readonly Spot[])[]
}

/** After so many the order does not change any more. */
const sweeps = 8

/** Puts each room above all that it imports, and those of a row such that few arrows cross. The same rooms give the same picture. */
export function placeRooms(arrows: Arrows): Placement {
  const heights = heightsOf(arrows)
  const top = Math.max(...heights.values())
  const rooms = new Map(
    [...heights].map(([room, height]): [string, Spot] => [room, { room, row: top - height, across: 0 }]),
  )
  const ways = [...arrows].flatMap(([room, imported]) => [...imported].sort().map((other) => wayOf(rooms, room, other)))
  const spots = new Set([...rooms.values(), ...ways.flat()])
  const rows = Array.from({ length: top + 1 }, (_, row) => [...spots].filter((spot) => spot.row === row))
  arrange(rows, ways)
  return { rows, ways }
}

/** How far each room is above the one that imports nothing. */
function heightsOf(arrows: Arrows): ReadonlyMap<string, number> {
  const heightOf = (room: string): number =>
    Math.max(0, ...[...(arrows.get(room) ?? [])].map((other) => heightOf(other) + 1))
  return new Map([...arrows.keys()].sort().map((room) => [room, heightOf(room)]))
}

function wayOf(rooms: ReadonlyMap<string, Spot>, from: string, to: string): Spot[] {
  const [first, last] = [rooms.get(from), rooms.get(to)]
  if (first === undefined || last === undefined) throw new Error(`${from} imports ${to}, which is no room`)
  const between = Array.from(
    { length: last.row - first.row - 1 },
    (_, n): Spot => ({ row: first.row + n + 1, across: 0 }),
  )
  return [first, ...between, last]
}

/** Moves each spot to the middle of those that it is joined to in the row above, then in the row below, and again. */
function arrange(rows: Spot[][], ways: readonly (readonly Spot[])[]): void {
  const steps = ways.flatMap((way) => way.slice(1).map((spot, n): [Spot, Spot] => [way[n] ?? spot, spot]))
  const above = Map.groupBy(steps, ([, lower]) => lower)
  const below = Map.groupBy(steps, ([upper]) => upper)
  for (const row of rows) spread(row)
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const row of rows) sortBy(row, (spot) => above.get(spot)?.map(([upper]) => upper))
    for (const row of rows.toReversed()) sortBy(row, (spot) => below.get(spot)?.map(([, lower]) => lower))
  }
}

function sortBy(row: Spot[], joinedTo: (spot: Spot) => readonly Spot[] | undefined): void {
  const wanted = new Map(
    row.map((spot) => {
      const joined = joinedTo(spot) ?? [spot]
      return [spot, joined.reduce((sum, { across }) => sum + across, 0) / joined.length]
    }),
  )
  row.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0))
  spread(row)
}

function spread(row: readonly Spot[]): void {
  for (const [index, spot] of row.entries()) spot.across = (index + 0.5) / row.length
}
