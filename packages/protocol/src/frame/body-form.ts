import type { Body, MessageType } from '@posthouse/core'

const objects: ReadonlySet<MessageType> = new Set(['dict', 'image', 'file', 'folder', 'audio', 'video'])
const texts: ReadonlySet<MessageType> = new Set(['text', 'json'])

/** Says what is wrong with the form of a received body for its type, judged by its first byte, or nothing. Spec: 2.5. */
export function bodyMisfit(type: MessageType, body: Body): string | undefined {
  if (body.format === 'cross_comm') return undefined
  const kind = body.format === 'json' ? jsonKind(body.bytes[0]) : msgpackKind(body.bytes[0])
  if (texts.has(type) && kind !== 'string') return `a ${type} body must be a string`
  if (type === 'bytes') {
    const wanted = body.format === 'json' ? 'string' : 'bin'
    return kind === wanted ? undefined : `a bytes body must be ${body.format === 'json' ? 'base64 text' : 'bin'}`
  }
  if (objects.has(type) && kind !== 'map') return `a ${type} body must be an object`
  return undefined
}

function jsonKind(first = 0): string {
  if (first === 0x22) return 'string'
  return first === 0x7b ? 'map' : 'other'
}

function msgpackKind(first = 0): string {
  if ((first >= 0xa0 && first <= 0xbf) || (first >= 0xd9 && first <= 0xdb)) return 'string'
  if (first >= 0xc4 && first <= 0xc6) return 'bin'
  return (first >= 0x80 && first <= 0x8f) || first === 0xde || first === 0xdf ? 'map' : 'other'
}
