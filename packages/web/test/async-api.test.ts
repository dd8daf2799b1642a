import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Parser } from '@asyncapi/parser'
import { silentLogger } from '@posthouse/core'
import { z } from 'zod'
import { type App, createApp } from '../src/app/create-app.ts'
import type { AppOptions } from '../src/app/options.ts'
import { depends } from '../src/dependencies/depends.ts'
import { messageRouter } from '../src/messages/message-router.ts'
import { createRouter } from '../src/routing/router.ts'

function shop(options: AppOptions = {}): App {
  const app = createApp({ title: 'Shop', version: '2.1.0', env: 'test', logger: silentLogger, ...options })
  const token = depends(
    { security: { name: 'token', describe: { type: 'apiKey', in: 'query', name: 'token' } } },
    () => 1,
  )
  const flows = { password: { tokenUrl: 'https://shop.example/token', scopes: { read: 'may read' } } }
  const oauth = depends({ security: { name: 'oauth', describe: { type: 'oauth2', flows }, scopes: ['read'] } }, () => 1)
  const bearer = depends({ security: { name: 'bearer', describe: { type: 'http', scheme: 'bearer' } } }, () => 1)
  const tree = z
    .object({
      name: z.string(),
      get children() {
        return z.array(tree)
      },
    })
    .meta({ id: 'Tree' })
  const chat = messageRouter({
    kinds: (kind) => ({
      say: kind(
        { message: z.object({ text: z.string() }), summary: 'Says it', reply: z.object({ n: z.number() }) },
        () => ({ n: 1 }),
      ),
      grow: kind({ message: z.object({ type: z.literal('grow'), tree }) }, () => undefined),
    }),
  })
  const router = createRouter({ prefix: '/ws', tags: ['live'], dependencies: [bearer] })
  router.websocket('/chat/{room}', { messages: chat.messages, summary: 'Chat', dependencies: { token, oauth } }, chat)
  const query = z.object({ page: z.number().optional(), order: z.enum(['a', 'b']).describe('how') })
  const events = z.discriminatedUnion('event', [
    z.object({ event: z.literal('sold'), item: z.string() }),
    z.object({ event: z.literal('gone') }),
  ])
  app.websocket('/feed', { query, messages: { out: events } }, async (socket) => socket.accept())
  app.websocket('/raw', async (socket) => socket.accept())
  const silent = messageRouter({
    kinds: (kind) => ({ log: kind({ message: z.object({ line: z.string() }) }, () => undefined) }),
  })
  app.websocket('/silent', { messages: silent.messages }, silent)
  app.websocket('/hidden', { documented: false }, async (socket) => socket.accept())
  app.include(router)
  return app
}

interface Described {
  readonly channels: Record<string, { readonly address: string; readonly messages: Record<string, unknown> }>
  readonly operations: Record<string, { readonly action: string; readonly messages: readonly { $ref: string }[] }>
}

suite('the AsyncAPI document', () => {
  test('is valid, to the last reference', async () => {
    await using app = shop()
    const { status, text } = await app.inject('/asyncapi.json')
    assert.equal(status, 200)
    const { document, diagnostics } = await new Parser().parse(text)
    assert.deepEqual(
      diagnostics.filter(({ severity }) => severity === 0),
      [],
    )
    assert.ok(document)
    assert.equal(document.version(), '3.0.0')
    assert.deepEqual(document.info().title(), 'Shop')
    assert.equal(document.channels().length, 4)
    assert.deepEqual(
      document
        .operations()
        .all()
        .map((operation) => [operation.id(), operation.action()]),
      [
        ['feed_receive', 'receive'],
        ['feed_send', 'send'],
        ['raw_receive', 'receive'],
        ['raw_send', 'send'],
        ['silent_receive', 'receive'],
        ['silent_send', 'send'],
        ['ws_chat_room_receive', 'receive'],
        ['ws_chat_room_send', 'send'],
      ],
    )
  })

  test('has a message for each kind, what the handshake brings, and how one shows who one is', async () => {
    await using app = shop()
    const document = (await app.inject('/asyncapi.json')).json<Described>()
    const { ws_chat_room: chat, feed, raw, silent } = document.channels
    assert.equal(chat?.address, '/ws/chat/{room}')
    assert.deepEqual(Object.keys(chat?.messages ?? {}), ['say', 'grow', 'say_reply', 'error'])
    assert.deepEqual(Object.keys(feed?.messages ?? {}), ['incoming', 'sold', 'gone', 'error'])
    assert.deepEqual(Object.keys(silent?.messages ?? {}), ['log', 'error'])
    assert.deepEqual(Object.keys(raw?.messages ?? {}), ['incoming', 'outgoing', 'error'])
    assert.partialDeepStrictEqual(document, {
      servers: { app: { protocol: 'ws' } },
      channels: {
        ws_chat_room: {
          summary: 'Chat',
          tags: [{ name: 'live' }],
          parameters: { room: {} },
          messages: { say: { summary: 'Says it', payload: { properties: { type: { const: 'say' } } } } },
        },
        feed: { bindings: { ws: { query: { properties: { order: { enum: ['a', 'b'], description: 'how' } } } } } },
      },
      operations: {
        ws_chat_room_receive: {
          security: ['bearer', 'token', 'oauth'].map((name) => ({ $ref: `#/components/securitySchemes/${name}` })),
        },
      },
      components: {
        securitySchemes: {
          token: { type: 'httpApiKey', in: 'query', name: 'token' },
          oauth: { flows: { password: { availableScopes: { read: 'may read' } } }, scopes: ['read'] },
        },
      },
    })
  })

  test('and its page can be moved, left out, and are off in production', async () => {
    const docs = { asyncapiUrl: '/sockets.json', asyncapiPageUrl: '/sockets' }
    await using moved = shop({ docs })
    assert.equal((await moved.inject('/sockets.json')).status, 200)
    assert.match((await moved.inject('/sockets')).text, /data-document="\/sockets.json"/)
    assert.equal((await moved.inject('/asyncapi')).status, 404)
    await using bare = shop({ docs: { asyncapiPageUrl: null } })
    assert.equal((await bare.inject('/asyncapi')).status, 404)
    assert.equal((await bare.inject('/asyncapi.json')).status, 200)
    await using without = shop({ docs: { asyncapiUrl: null } })
    for (const url of ['/asyncapi', '/asyncapi.json']) assert.equal((await without.inject(url)).status, 404)
    await using production = shop({ env: 'production' })
    for (const url of ['/asyncapi', '/asyncapi.json', '/asyncapi/assets/asyncapi.js']) {
      assert.equal((await production.inject(url)).status, 404)
    }
    await using asked = shop({ env: 'production', docs: true })
    assert.equal((await asked.inject('/asyncapi.json')).status, 200)
  })

  test('is shown by a page that loads nothing from elsewhere', async () => {
    await using app = shop({ title: '<b>"Shop"' })
    const { headers, text } = await app.inject({ url: '/asyncapi', headers: { host: 'shop.example:8000' } })
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
    assert.match(policy, /connect-src 'self' ws:\/\/shop.example:8000 wss:\/\/shop.example:8000;/)
    assert.doesNotMatch(policy, /unsafe/)
    assert.match(text, /&lt;b>&quot;Shop&quot;/)
    for (const [, url] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      if (url?.startsWith('data:')) continue
      assert.match(url ?? '', /^\/asyncapi\/assets\//)
      assert.equal((await app.inject(url ?? '')).status, 200)
    }
    const strange = await app.inject({ url: '/asyncapi', headers: { host: "x; script-src 'unsafe-inline'" } })
    assert.doesNotMatch(String(strange.headers['content-security-policy']), /unsafe/)
  })
})
