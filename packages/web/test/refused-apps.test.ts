import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, createApp } from '@posthouse/web'

/** What cannot start, and what the failure says of where it is wrong. */
const cases: Readonly<Record<string, readonly [declare: (app: App) => void, says: RegExp]>> = {
  'a response schema that is none': [
    (app) => app.get('/items/{id}', { response: { type: 'nothing' } }, () => null as never),
    /^GET \/items\/\{id\} cannot be served: .*type/,
  ],
  'a body schema with a pattern that is none': [
    (app) => app.put('/a', { body: { type: 'string', pattern: '(' } }, () => null),
    /^PUT \/a cannot be served: .*regular expression/,
  ],
  'a reference that leads nowhere': [
    (app) => app.get('/b', { query: { properties: { q: { $ref: '#/$defs/missing' } } } }, () => null),
    /^GET \/b cannot be served: .*missing/,
  ],
  'an endpoint that is declared twice': [
    (app) => {
      app.get('/c', () => 1)
      app.get('/c', () => 2)
    },
    /^GET \/c cannot be served: it is declared twice$/,
  ],
  'two endpoints that take the same requests': [
    (app) => {
      app.get('/d/{id}', () => 1)
      app.get('/d/{name}', () => 2)
    },
    /^GET \/d\/\{name\} cannot be served: \/d\/\{id\} takes the same requests$/,
  ],
  'two WebSocket endpoints of one path': [
    (app) => {
      app.websocket('/ws/{room}', () => undefined)
      app.websocket('/ws/{id}', () => undefined)
    },
    /^websocket \/ws\/\{id\} cannot be served: \/ws\/\{room\} takes the same requests$/,
  ],
}

for (const [what, [declare, says]] of Object.entries(cases)) {
  test(`an app with ${what} does not start, and says which endpoint is meant`, async () => {
    await using app = createApp({ env: 'production' })
    declare(app)
    await assert.rejects(app.ready(), ({ code, message }: Error & { code: string }) => {
      assert.equal(code, 'invalid_option')
      assert.match(message, says)
      return true
    })
  })
}
