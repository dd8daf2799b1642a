import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipAsciiWords, skipPlainWords } from '../src/frame/four-bytes.ts'
import { jsonHubCodec } from '../src/index.ts'

const suspects = [0x00, 0x07, 0x1f, 0x22, 0x5c, 0x80, 0xc1, 0xff]

/** `bytes` at each of the four places that memory can begin it at. */
function* placed(bytes: readonly number[]): Iterable<Uint8Array> {
  for (let offset = 0; offset < 4; offset++) {
    const copy = new Uint8Array(new ArrayBuffer(bytes.length + 8), offset, bytes.length)
    copy.set(bytes)
    yield copy
  }
}

test('what must be looked at is never skipped, wherever it stands and wherever memory begins', () => {
  for (const suspect of suspects) {
    for (let at = 0; at < 16; at++) {
      const text: number[] = new Array(16).fill(0x61)
      text[at] = suspect
      for (const bytes of placed(text)) {
        for (let from = 0; from <= at; from++) {
          assert.ok(skipPlainWords(bytes, from) <= at)
          assert.ok(suspect < 0x80 || skipAsciiWords(bytes, from, bytes.length) <= at)
        }
      }
    }
  }
})

test('nothing is skipped beyond the end, and long text is skipped nearly to it', () => {
  for (const bytes of placed(new Array(23).fill(0x61))) {
    for (let end = 0; end <= bytes.length; end++) {
      for (let from = 0; from <= end; from++) {
        const stop = skipAsciiWords(bytes, from, end)
        assert.ok(stop <= end && stop > end - 4 - (end - from < 8 ? 8 : 0))
      }
    }
    assert.ok(skipPlainWords(bytes, 0) > bytes.length - 4)
  }
})

test('a long body with something in it that JSON forbids is refused, wherever it stands', () => {
  const encoder = new TextEncoder()
  const head = '{"op":"send","id":"1","to":"bob","type":"text","n":1,"body":"'
  for (const suspect of [0x07, 0x22, 0x80]) {
    for (let at = 250; at < 270; at++) {
      const frame = [...encoder.encode(`${head}${'a'.repeat(at)}`), suspect, ...encoder.encode(`${'b'.repeat(40)}"}`)]
      for (const bytes of placed(frame)) assert.throws(() => jsonHubCodec.decode(bytes), { code: 'malformed_frame' })
    }
  }
})
