import { networkInterfaces } from 'node:os'
import { randomHex } from '@posthouse/core'

const nobody = '00:00:00:00:00:00'

/** 12 hexadecimal digits that stay the same on this machine: the address of a network card, or random where there is none. */
export function machineId(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    const card = addresses?.find(({ internal, mac }) => !internal && mac !== nobody)
    if (card !== undefined) return card.mac.replaceAll(':', '')
  }
  return randomHex(6)
}
