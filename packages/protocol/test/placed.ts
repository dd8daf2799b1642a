/** What would be read wrongly behind a message: the end of a text, of a frame, of an array; a name and its value. */
const hostile = ['"}],', ' ]}"', '\u00a1n\u0001\u00c0', '0.e1']
/** To copy them is quicker than to write them again and again. */
const surroundings = hostile.map((text) => new Uint8Array(Buffer.alloc(8192, text, 'latin1')))

/**
 * A copy of a message in the midst of other bytes: those around it must make no difference, nor the place where it begins,
 * at one of eight alignments.
 */
export function placed(bytes: Uint8Array, place: number): Uint8Array {
  const memory = surrounded(bytes.length + 16, place & 3)
  const offset = (place >> 2) & 7
  memory.set(bytes, offset)
  return memory.subarray(offset, offset + bytes.length)
}

function surrounded(size: number, kind: number): Uint8Array {
  const ready = surroundings[kind]
  if (ready !== undefined && size <= ready.length) return ready.slice(0, size)
  return new Uint8Array(Buffer.alloc(size, hostile[kind], 'latin1'))
}
