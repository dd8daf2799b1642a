import type { RecordEntry } from './store.ts'
import type { RecordChange } from './store-batch.ts'

/** A change whose value has been put into words, which is where it may fail. */
export interface WrittenRecord {
  readonly kind: string
  readonly key: string
  /** JSON text; undefined removes the record. */
  readonly text: string | undefined
}

/** @throws TypeError where the value is not one of JSON */
export function writeRecord({ kind, key, value }: RecordChange): WrittenRecord {
  return { kind, key, text: JSON.stringify(value) }
}

/** Records by kind and key, kept as text so that nobody can change them from outside. */
export class MemoryRecords {
  readonly #kinds = new Map<string, Map<string, string>>()

  change({ kind, key, text }: WrittenRecord): void {
    const known = this.#kinds.get(kind)
    if (text !== undefined) {
      if (known === undefined) this.#kinds.set(kind, new Map([[key, text]]))
      else known.set(key, text)
    } else if (known?.delete(key) && known.size === 0) this.#kinds.delete(kind)
  }

  list(kind: string, prefix: string): RecordEntry[] {
    const found = [...(this.#kinds.get(kind) ?? [])].filter(([key]) => key.startsWith(prefix))
    found.sort(([a], [b]) => (a < b ? -1 : 1))
    return found.map(([key, text]): RecordEntry => ({ key, value: JSON.parse(text) }))
  }
}
