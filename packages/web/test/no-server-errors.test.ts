import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLogger } from '@posthouse/core'
import { createApp, depends, form, jsonSchema } from '@posthouse/web'
import { type } from 'arktype'
import fc from 'fast-check'
import * as v from 'valibot'
import { z } from 'zod'

/** `POSTHOUSE_RUNS=10000` tries more than the tests do. */
const numRuns = Number(process.env.POSTHOUSE_RUNS ?? 400)

const nested = z.object({
  a: z.array(z.union([z.number(), z.string().min(2), z.null()])),
  b: z.record(z.string(), z.unknown()),
})
const paths = ['/zod/{id}', '/valibot/{id}', '/ark/{id}', '/json/{id}', '/form/{id}']

function app() {
  const served = createApp({ env: 'test', logger: silentLogger })
  const page = depends({ query: z.object({ skip: z.number().int().default(0) }) }, ({ query }) => query.skip)
  const common = { dependencies: { page }, cookies: z.object({ sid: z.string().max(9).optional() }) }
  const params = z.object({ id: z.number().int() })
  served.post('/zod/{id}', { ...common, params, body: nested, response: nested }, ({ body }) => body)
  const valibot = v.object({ a: v.array(v.number()), b: v.optional(v.picklist(['x', 'y'])) })
  served.post('/valibot/{id}', { ...common, params, body: valibot, response: valibot }, ({ body }) => body)
  const ark = type({ a: 'number[]', 'b?': "'x' | 'y'" })
  served.post('/ark/{id}', { ...common, params, body: ark, response: ark }, ({ body }) => body)
  const json = jsonSchema<unknown>({
    type: 'object',
    properties: { a: { type: 'array', items: { type: ['number', 'null'] } }, b: { enum: ['x', 'y', 1] } },
    required: ['a'],
    additionalProperties: false,
  })
  served.post('/json/{id}', { ...common, params, body: json, response: json }, ({ body }) => body)
  served.post('/form/{id}', { ...common, params, body: form(z.object({ a: z.array(z.number()) })) }, ({ body }) => body)
  return served
}

/** Bodies of which many nearly fit, some fit, and some are no JSON at all. */
const bodies = fc
  .oneof(
    fc.record({
      a: fc.array(fc.oneof(fc.integer(), fc.double(), fc.string({ unit: 'binary' }), fc.constant(null)), {
        maxLength: 4,
      }),
      b: fc.oneof(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.constantFrom('x', 'y', 1)),
    }),
    fc.jsonValue({ maxDepth: 5 }),
  )
  .map((value) => JSON.stringify(value))
const garbage = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const segments = fc.oneof(
  fc.integer().map(String),
  fc.webSegment(),
  fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text.toWellFormed())),
)
const queries = fc.oneof(
  fc.integer().map((n) => `skip=${n}`),
  fc.webQueryParameters(),
  fc.constant('skip=1&skip=2'),
)

describe('whatever a client sends', () => {
  it('is its own fault: no answer is 5xx, and each is JSON', async () => {
    await using served = app()
    const fits = new Set<number>()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.tuple(segments, queries),
        fc.oneof({ weight: 4, arbitrary: bodies }, garbage),
        fc.constantFrom('application/json', 'application/json', 'application/x-www-form-urlencoded', 'text/plain'),
        async (path, [id, query], body, contentType) => {
          const { status, text } = await served.inject({
            method: 'POST',
            url: `${path.replace('{id}', id)}?${query}`,
            headers: { 'content-type': contentType, cookie: 'sid=abc' },
            body,
          })
          fits.add(status)
          assert.ok(status < 500, `${status} ${text}`)
          JSON.parse(text)
        },
      ),
      { numRuns },
    )
    assert.ok(fits.has(422) && fits.has(415) && fits.has(400), [...fits].join(' '))
  })

  it('is answered with what fits, where it fits', async () => {
    await using served = app()
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), async (id, a) => {
        for (const path of ['/valibot', '/ark', '/json']) {
          const { status, text } = await served.inject({ method: 'POST', url: `${path}/${id}`, body: { a } })
          assert.equal(status, 200, text)
          assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify({ a })))
        }
      }),
      { numRuns: numRuns / 4 },
    )
  })
})
