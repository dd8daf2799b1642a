import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { Terminal } from '../src/terminal.ts'
import type { Look } from '../src/watch/look.ts'
import { viewerFor } from '../src/watch/viewer.ts'

const enter = '\u001b[?1049h\u001b[?25l'
const leave = '\u001b[?25h\u001b[?1049l'

/** A terminal whose size can be changed, and what was written to it since it was asked last. */
function screen(columns: number, rows: number): PassThrough & { columns: number; rows: number; readonly isTTY: true } {
  return Object.assign(new PassThrough({ encoding: 'utf8' }), { columns, rows, isTTY: true as const })
}

/** What was drawn, with `~` for the beginning of a control sequence. */
function drawnOn(out: PassThrough): string {
  return String(out.read()).replaceAll('\u001b[', '~')
}

const clients = ['ann', 'bob', 'cleo', 'dan'].map((client) => ({ client, online: true, lastSeen: 0, node: 'home' }))
const look: Look = { clients, notice: 'no numbers here' }

test('the screen of watch follows the size of the terminal, and what was there before comes back', () => {
  const out = screen(40, 24)
  const listeners = process.listenerCount('exit')
  {
    using viewer = viewerFor(new Terminal(out, out), {})
    assert.equal(out.read(), enter)
    viewer.show(look, undefined)
    const drawn = drawnOn(out)
    assert.match(drawn, /^~Hno numbers here~K\r\n4 clients are online/)
    assert.match(drawn, /dan~K~J$/)
    Object.assign(out, { columns: 10, rows: 6 })
    out.emit('resize')
    const small = drawnOn(out)
    assert.match(small, /^~Hno number…~K\r\n/)
    assert.equal(small.split('\r\n').length, 6)
    assert.match(small, /… and 3 m…/)
    viewer.trouble('the connection is lost; trying again …')
    assert.match(drawnOn(out), /^~Hthe conne…~K\r\nno number…/)
    assert.equal(process.listenerCount('exit'), listeners + 1)
  }
  assert.equal(out.read(), leave)
  assert.deepEqual([process.listenerCount('exit'), out.listenerCount('resize')], [listeners, 0])
})
