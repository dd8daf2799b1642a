import type { ObjectEntry } from '../bucket/bucket.ts'

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The text of the first element of this name; empty where there is none. OSS answers with small documents of known form. */
export function valueIn(xml: string, element: string): string {
  const [, text = ''] = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml) ?? []
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, digits: string | undefined, name = '') =>
    digits === undefined ? (entities[name] ?? whole) : String.fromCodePoint(Number(digits)),
  )
}

/** The objects of a list that was asked for with `encoding-type=url`. */
export function readListing(xml: string): readonly ObjectEntry[] {
  return Array.from(xml.matchAll(/<Contents>.*?<\/Contents>/gs), ([entry]) => ({
    name: decodeURIComponent(valueIn(entry, 'Key').replaceAll('+', '%20')),
    size: Number(valueIn(entry, 'Size')),
    at: Date.parse(valueIn(entry, 'LastModified')) || 0,
  }))
}
