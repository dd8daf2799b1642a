import { type Address, formatAddress, readAddress } from './address.ts'

/** An address that was read, with its shortest spelling. */
interface Known {
  readonly text: string
  readonly address: Address
  readonly canonical: string
}

/** A power of two. */
const lately = 1024
/** The addresses that were read lately: a message needs its own several times, and the same ones come again and again. */
const slots: (Known | undefined)[] = /* @__PURE__ */ Array.from({ length: lately }, () => undefined)

function known(text: string): Known {
  const { length } = text
  const ends = (text.charCodeAt(length - 1) * 31 + text.charCodeAt(length - 2)) * 31 + text.charCodeAt(length - 3)
  const slot = (ends + length * 7 + text.charCodeAt(0)) & (lately - 1)
  const found = slots[slot]
  if (found?.text === text) return found
  const address = readAddress(text)
  const fresh = { text, address, canonical: formatAddress(address) }
  slots[slot] = fresh
  return fresh
}

/**
 * What `readAddress` says, remembered for those who ask often.
 * @throws PosthouseError `invalid_address`
 */
export function parseAddress(text: string): Address {
  return known(text).address
}

/**
 * What `canonicalAddress` says, remembered for those who ask often.
 * @throws PosthouseError `invalid_address`
 */
export function knownAddress(text: string): string {
  return known(text).canonical
}
