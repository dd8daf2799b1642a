import { PosthouseError } from '@posthouse/core'
import { type Checks, checksOf, isProcedure, type Procedure, type ProcedureHandler, procedure } from './procedure.ts'

/** Procedures by name; what lies in a record within has the names of both, joined by a dot. */
export interface ProcedureTree {
  readonly [name: string]: Procedure | ProcedureTree
}

/** What can be registered under a name: a procedure, or only its handler, which then takes anything. */
export type Registrable = Procedure | ProcedureHandler<never>

/** A procedure with its name. */
export interface Entry extends Checks {
  readonly name: string
  readonly procedure: Procedure
}

const name = /^[^\p{Cc}\p{Cs}]{1,128}$/u

/** The procedures that there are, which may change while the server runs. */
export class Registry {
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<(name: string) => void>()

  get(name: string): Entry | undefined {
    return this.#entries.get(name)
  }

  /** All of them, by name. */
  entries(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** @throws PosthouseError `invalid_option` */
  set(name: string, registrable: Registrable): void {
    // What it takes is checked by its own schema, whatever type that has.
    const made = (isProcedure(registrable) ? registrable : procedure({}, registrable as ProcedureHandler)) as Procedure
    this.#entries.set(assertName(name), { name, procedure: made, ...checksOf(made) })
    this.#tell(name)
  }

  /** @throws PosthouseError `invalid_option` */
  setTree(tree: ProcedureTree, prefix = ''): void {
    for (const [key, value] of Object.entries(tree)) {
      if (isProcedure(value)) this.set(prefix + key, value)
      else if (typeof value === 'object' && value !== null) this.setTree(value, `${prefix}${key}.`)
      else throw new PosthouseError('invalid_option', `${prefix}${key} is neither a procedure nor a record of them`)
    }
  }

  delete(name: string): boolean {
    const there = this.#entries.delete(name)
    if (there) this.#tell(name)
    return there
  }

  /** Has `listener` called with the name of a procedure that came, changed or went, until disposed of. */
  onChange(listener: (name: string) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  #tell(name: string): void {
    for (const listener of this.#listeners) listener(name)
  }
}

function assertName(text: string): string {
  if (typeof text === 'string' && name.test(text)) return text
  throw new PosthouseError(
    'invalid_option',
    'a procedure has a name of 1 to 128 characters, none of them a control one',
  )
}
