import { Decoder, type DecoderOptions } from '@msgpack/msgpack'
import { wideText } from '../frame/short-text.ts'

/** What the library's decoder is made of, as far as it is used here. */
interface Inside {
  readonly bytes: Uint8Array
  pos: number
  decodeUtf8String(length: number, headLength: number): string
}

/** The first byte of U+FEFF. */
const firstOfBom = 0xef

/**
 * A decoder that takes all strings as they are. The library by itself reads long ones with a `TextDecoder` that drops U+FEFF
 * at their beginning, as if each were a file.
 */
export function exactDecoder(options?: DecoderOptions): Decoder {
  const decoder = new Decoder(options)
  // The library's types hide these members.
  const inside = decoder as unknown as Inside
  const ordinary = inside.decodeUtf8String
  inside.decodeUtf8String = function (length, headLength) {
    const from = this.pos + headLength
    const end = from + length
    if (this.bytes[from] !== firstOfBom || end > this.bytes.length) return ordinary.call(this, length, headLength)
    this.pos = end
    return wideText(this.bytes, from, end)
  }
  return decoder
}
