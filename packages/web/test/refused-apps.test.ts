import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, type AppOptions, createApp, createRouter, multipart, rateLimit } from '@posthouse/web'

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
  'a limit of a WebSocket endpoint that is misspelled': [
    (app) => app.websocket('/ws', { limits: { messageByte: 100 } as object }, () => undefined),
    /^websocket \/ws: limits has no option messageByte, only messageBytes, /,
  ],
}

const options: readonly (readonly [given: object, says: RegExp])[] = [
  [{ limit: { bodyLimit: 100 } }, /^createApp has no option limit, /],
  [{ limits: { bodyLimits: 100 } }, /^createApp: limits has no option bodyLimits, only bodyLimit, /],
  [{ limits: { bodyLimit: '1 MB' } }, /^createApp: limits: bodyLimit must be a number from 0, not "1 MB"$/],
  [{ sockets: { limits: { queueByte: 1 } } }, /^createApp: sockets: limits has no option queueByte, /],
  [{ sockets: { limits: { idle: 0 } } }, /idle must be a number above 0, or null, not 0$/],
  [{ sockets: { stopCode: 1000 } }, /^createApp: sockets: stopCode must be 1001 or 1012, not 1000$/],
  [{ env: 'prod' }, /^createApp: env must be one of development, test, production, not "prod"$/],
  [{ cors: {} }, /^createApp: cors needs the option origins$/],
  [{ prefix: '/api' }, /^createApp has no option prefix, /],
]

test('options of an app that do not exist or make no sense are refused, and none is ignored', () => {
  for (const [given, message] of options) {
    assert.throws(() => createApp(given as AppOptions), { code: 'invalid_option', message })
  }
})

test('so are those of routers, uploads and rate limits', () => {
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => createRouter({ tag: ['a'] } as object), /^createRouter has no option tag, /],
    [() => createRouter().include(createRouter(), { prefx: '/a' } as object), /^include has no option prefx, /],
    [() => multipart({ fileByte: 1 } as object), /^multipart has no option fileByte, /],
    [() => rateLimit({ limit: 0 }), /^rateLimit: limit must be a whole number from 1, not 0$/],
    [() => rateLimit({ limit: 5, periode: 1000 } as { limit: number }), /^rateLimit has no option periode, /],
  ]
  for (const [make, message] of wrong) assert.throws(make, { code: 'invalid_option', message })
})

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
