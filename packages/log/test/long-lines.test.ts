import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keptLines } from './kept-lines.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
const unsafe = /\r\n|[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** What a line shows of a message: the same, character by character. */
function expected(message: string): string {
  return message.replace(unsafe, (found) => {
    if (found === '\n' || found === '\r\n') return '\n    '
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function shown(message: string): string {
  const { logger, lines } = keptLines({ format: '{message}' })
  logger.info(message)
  return lines.join('').slice(0, -1)
}

const letters = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('')

describe('a message that is long and hostile', () => {
  const messages: Readonly<Record<string, string>> = {
    'with every character': letters,
    'with every character of Latin-1, many times': letters.slice(0, 256).repeat(600),
    'with line ends where it is cut into pieces': `${'x'.repeat(32 * 1024 - 1)}\r\n`.repeat(4),
    'with signs of two units where it is cut': `x${'😀'.repeat(40_000)}\u0001`,
    'with a carriage return at its end': `${'x'.repeat(200)}\r`,
  }
  for (const [what, message] of Object.entries(messages)) {
    it(`${what} is spelled out like a short one`, () => assert.equal(shown(message), expected(message)))
  }
})
