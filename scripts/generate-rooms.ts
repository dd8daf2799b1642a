import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drawRooms } from './rooms/draw-rooms.ts'
import type { Arrows } from './rooms/place-rooms.ts'

/** The picture of which room imports which. */
export function roomOutput(root: URL): readonly [path: string, source: string, text: string] {
  return ['docs/pictures/rooms.svg', 'the imports in packages/*/src', drawRooms(directArrows(arrowsIn(root)))]
}

function arrowsIn(root: URL): Arrows {
  const arrows = new Map<string, Set<string>>()
  for (const folder of globSync('packages/*', { cwd: fileURLToPath(root) }).sort()) {
    const room = basename(folder)
    const imported = new Set<string>()
    for (const file of globSync(`${folder}/src/**/*.ts`, { cwd: fileURLToPath(root) })) {
      for (const name of importsIn(readFileSync(new URL(file, root), 'utf8'))) imported.add(name)
    }
    imported.delete(room)
    arrows.set(room, imported)
  }
  return arrows
}

/** The rooms that a file imports, be it only for types, or later. */
function importsIn(source: string): string[] {
  const imports = /^(?:import|export)\b[^'"]*?from '@posthouse\/([a-z]+)|\bimport\('@posthouse\/([a-z]+)/gm
  return [...source.matchAll(imports)].map(([, now, later]) => now ?? later ?? '')
}

/** Without the arrows that others make: who imports hub has protocol and core as well. */
function directArrows(arrows: Arrows): Arrows {
  const reached = (room: string): ReadonlySet<string> => {
    const direct = arrows.get(room) ?? new Set()
    return new Set([...direct, ...[...direct].flatMap((next) => [...reached(next)])])
  }
  return new Map(
    [...arrows].map(([room, direct]) => {
      const others = new Set([...direct].flatMap((next) => [...reached(next)]))
      return [room, new Set([...direct].filter((other) => !others.has(other)))]
    }),
  )
}
