/** What would be read wrongly behind a message: the end of a text, of a frame, of an array; a name and its value. */
const hostile = ['"}],', ' ]}"', '\u00a1n\u0001\u00c0', '0.e1']

/**
 * A copy of a message in the midst of other bytes: those around it must make no difference, nor the place where it begins,
 * at one of eight alignments.
 */
export function placed(bytes: Uint8Array, place: number): Uint8Array {
  const memory = Buffer.alloc(bytes.length + 16, hostile[place & 3], 'latin1')
  const offset = (place >> 2) & 7
  memory.set(bytes, offset)
  return new Uint8Array(memory.buffer, memory.byteOffset + offset, bytes.length)
}
