import { randomHex } from '@posthouse/core'

/** The part of `localStorage` that is used. */
interface Storage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

const key = 'posthouse.machine'

/** 12 hexadecimal digits that stay the same in this browser where it has `localStorage`, and random ones elsewhere. */
export function machineId(): string {
  let id = randomHex(6)
  try {
    const { localStorage: storage }: { readonly localStorage?: Storage } = globalThis
    id = storage?.getItem(key) || id
    storage?.setItem(key, id)
  } catch {
    // Storage may be forbidden or full.
  }
  return id
}
