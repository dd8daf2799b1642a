import { foldedName, type NameRules, numberedName, safeName } from './safe-name.ts'

/** How names are told apart where a tree is to be laid out. */
export interface TreeRules extends NameRules {
  /** Whether names that differ in case only, or in their Unicode form, are the same there. */
  readonly folds: boolean
}

interface Folder {
  /** The names here by what they are in the other tree. */
  readonly names: Map<string, string>
  readonly taken: Set<string>
  /** The numbers at which to look on for names that are taken: else many of one name would take their square in time. */
  readonly numbers: Map<string, number>
  readonly folders: Map<string, Folder>
}

/** Gives each path of a foreign tree its own place in a tree of safe names. The same paths in the same order get the same places. */
export class SafeTree {
  readonly #rules: TreeRules
  readonly #root: Folder = emptyFolder()

  constructor(rules: TreeRules) {
    this.#rules = rules
  }

  /** The parts of the path that stands for `path`, which has `/` between its parts. */
  place(path: string, kind: 'file' | 'directory'): readonly string[] {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.')
    if (parts.length === 0) parts.push('.')
    const place: string[] = []
    let folder = this.#root
    for (const [index, part] of parts.entries()) {
      const isFile = kind === 'file' && index === parts.length - 1
      place.push(this.#nameIn(folder, part, isFile))
      if (!isFile) folder = inner(folder, part)
    }
    return place
  }

  #nameIn({ names, taken, numbers }: Folder, part: string, isFile: boolean): string {
    // A file and a folder of one name cannot both be there, however the sender came to say so.
    const key = isFile ? part : `${part}/`
    const known = names.get(key)
    if (known !== undefined) return known
    const safe = safeName(part, this.#rules)
    const identity = this.#identity(safe)
    let number = numbers.get(identity) ?? 1
    while (taken.has(this.#identity(numberedName(safe, number)))) number++
    const name = numberedName(safe, number)
    taken.add(this.#identity(name))
    numbers.set(identity, number + 1)
    names.set(key, name)
    return name
  }

  #identity(name: string): string {
    return this.#rules.folds ? foldedName(name) : name
  }
}

function emptyFolder(): Folder {
  return { names: new Map(), taken: new Set(), numbers: new Map(), folders: new Map() }
}

function inner(folder: Folder, part: string): Folder {
  const found = folder.folders.get(part) ?? emptyFolder()
  folder.folders.set(part, found)
  return found
}
