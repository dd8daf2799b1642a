import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp, type FormattedProblem, type ProblemFormat, problem } from '@posthouse/web'
import { z } from 'zod'

/** An app with its own format of error bodies, and what it logs as errors. */
function appWith(formatProblem: ProblemFormat) {
  const errors: string[] = []
  const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => errors.push(message) }
  const app = createApp({ env: 'test', logger, formatProblem })
  app.post('/items', { body: z.object({ id: z.number() }) }, () => {
    throw problem(409, 'There is one already', { code: 'taken' })
  })
  app.websocket('/ws', () => {
    throw problem(403, 'Members only')
  })
  return { app, errors }
}

/** The words of another convention. */
const enveloped: ProblemFormat = ({ status, code, detail, errors = [] }) => ({
  type: 'application/vnd.shop+json',
  body: { error: { status, code, detail, at: errors.map(({ pointer }) => pointer) } },
})

test('formatProblem replaces the body and the type of every error: of schemas, handlers, missing paths and sockets', async () => {
  const { app, errors } = appWith(enveloped)
  await using _app = app
  const told = []
  for (const request of [
    { method: 'POST', url: '/items', body: { id: 'x' } },
    { method: 'POST', url: '/items', body: { id: 1 } },
    { url: '/nowhere' },
    { url: '/%zz' },
  ]) {
    const { headers, json } = await app.inject(request)
    assert.equal(headers['content-type'], 'application/vnd.shop+json; charset=utf-8')
    const { error } = json<{ error: { status: number; code?: string; at: string[] } }>()
    told.push([error.status, error.code, error.at])
  }
  assert.deepEqual(told, [
    [422, 'invalid_request', ['#/id']],
    [409, 'taken', []],
    [404, undefined, []],
    [400, undefined, []],
  ])
  await assert.rejects(app.connect('/ws'), { status: 403 })
  assert.deepEqual(errors, [])
})

test('an endpoint has a format of its own, also for a body that nobody could read', async () => {
  const { app } = appWith(enveloped)
  await using _app = app
  const formatProblem: ProblemFormat = ({ code }) => ({
    type: 'text/plain',
    body: `${code}`,
    headers: { 'x-shop': 'own' },
  })
  app.post('/own', { bodyLimit: 10, formatProblem }, () => 'taken')
  const { status, headers, text } = await app.inject({ method: 'POST', url: '/own', body: { id: 'much too long' } })
  assert.deepEqual([status, headers['x-shop'], text], [413, 'own', 'body_too_large'])
  assert.equal((await app.inject('/nowhere')).headers['x-shop'], undefined)
})

test('a body that is text goes out as it is', async () => {
  const { app } = appWith(({ status }) => ({ type: 'text/plain', body: `Sorry: ${status}` }))
  await using _app = app
  assert.equal((await app.inject('/nowhere')).text, 'Sorry: 404')
})

for (const [what, format] of Object.entries<() => FormattedProblem>({
  throws: () => {
    throw new Error('a bug')
  },
  'gives a type of two lines': () => ({ type: 'text/plain\r\nset-cookie: a=b', body: '' }),
  'gives no body': () => ({ type: 'text/plain', body: undefined }),
  'gives nothing': () => undefined as never,
})) {
  test(`where formatProblem ${what}, the problem is told in the usual format and the log says so`, async () => {
    const { app, errors } = appWith(format)
    await using _app = app
    const { status, headers, json } = await app.inject({ method: 'POST', url: '/items', body: { id: 1 } })
    assert.deepEqual([status, headers['content-type']], [409, 'application/problem+json; charset=utf-8'])
    assert.equal(json<{ code: string }>().code, 'taken')
    assert.equal(headers['set-cookie'], undefined)
    await assert.rejects(app.connect('/ws'), { status: 403 })
    assert.deepEqual(errors, Array(2).fill('formatProblem failed; the problem was told in the usual format'))
  })
}
