// room: hub
// rejected by: nursery/noFloatingPromises
import { flush } from '@posthouse/core'

export function now(): void {
  flush()
}
