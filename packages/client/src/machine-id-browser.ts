import { randomHex } from '@posthouse/core'

/** The part of `localStorage` that is used. */
interface Storage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

const key = 'posthouse.machine'
const form = /^[0-9a-f]{12}$/

/** 12 hexadecimal digits that stay the same in this browser where it has `localStorage`, and random ones elsewhere. */
export function machineId(): string {
  const fresh = randomHex(6)
  try {
    const { localStorage: storage }: { readonly localStorage?: Storage } = globalThis
    const kept = storage?.getItem(key)
    if (typeof kept === 'string' && form.test(kept)) return kept
    storage?.setItem(key, fresh)
  } catch {
    // Storage may be forbidden or full.
  }
  return fresh
}
