import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createApp, jsonSchema, type Schema, toJsonSchema } from '@posthouse/web'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type } from 'arktype'
import fc from 'fast-check'
import { type Static, Type } from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'
import { isPlainSchema } from '../src/schema/plain-schema.ts'

const typeBoxItem = Type.Object({ n: Type.Number(), tags: Type.Optional(Type.Array(Type.String())) })
const vendors: Record<string, Schema> = {
  Zod: z.object({ n: z.number(), tags: z.array(z.string()).optional() }),
  Valibot: v.object({ n: v.number(), tags: v.optional(v.array(v.string())) }),
  ArkType: type({ n: 'number', 'tags?': 'string[]' }),
  TypeBox: jsonSchema<Static<typeof typeBoxItem>>(typeBoxItem),
  'JSON Schema': {
    type: 'object',
    properties: { n: { type: 'number' }, tags: { type: 'array', items: { type: 'string' } } },
    required: ['n'],
  },
}

for (const [vendor, schema] of Object.entries(vendors)) {
  describe(`a schema of ${vendor}`, () => {
    it('describes itself as JSON Schema', () => {
      const { type: kind, properties, required } = toJsonSchema(schema, 'input')
      assert.deepEqual([kind, required], ['object', ['n']])
      assert.deepEqual(properties, { n: { type: 'number' }, tags: { type: 'array', items: { type: 'string' } } })
    })

    it('turns the text of a query into what it wants', async () => {
      await using app = createApp({ env: 'test' })
      app.get('/', { query: schema }, ({ query }) => query)
      assert.equal((await app.inject('/?n=1.5&tags=a')).text, '{"n":1.5,"tags":["a"]}')
      assert.equal((await app.inject('/?n=two')).status, 422)
      assert.equal((await app.inject('/')).status, 422)
    })

    it('takes the types of a body as they are', async () => {
      await using app = createApp({ env: 'test' })
      app.post('/', { body: schema }, ({ body }) => body)
      const post = (body: unknown) => app.inject({ method: 'POST', url: '/', body })
      assert.equal((await post({ n: 1 })).text, '{"n":1}')
      for (const body of [{ n: '1' }, { n: null }, { n: [1] }, {}, []])
        assert.equal((await post(body)).status, 422, JSON.stringify(body))
    })

    it('decides what goes out', async () => {
      await using app = createApp({ env: 'production' })
      app.get('/', { response: schema }, () => ({ n: 1, secret: 'hunter2' }) as never)
      assert.equal((await app.inject('/')).text, '{"n":1}')
    })
  })
}

describe('the text of a URL', () => {
  const read = async (query: Schema, url: string) => {
    await using app = createApp({ env: 'test' })
    app.get('/', { query }, (context) => context.query)
    const { status, text } = await app.inject(url)
    return status === 200 ? text : status
  }

  it('becomes numbers, booleans and null where only they are wanted', async () => {
    const schema = z.object({
      a: z.number().int(),
      b: z.boolean(),
      c: z.number().nullable(),
      d: z.union([z.number(), z.literal('all')]),
    })
    assert.equal(await read(schema, '/?a=-3&b=TRUE&c=&d=all'), '{"a":-3,"b":true,"c":null,"d":"all"}')
    assert.equal(await read(schema, '/?a=1e2&b=0&c=7&d=4'), '{"a":100,"b":false,"c":7,"d":4}')
    for (const url of [
      '/?a=1.5&b=1&c=&d=4',
      '/?a=0x10&b=1&c=&d=4',
      '/?a=1&b=yes&c=&d=4',
      '/?a=&b=1&c=&d=4',
      '/?a=Infinity&b=1&c=&d=4',
    ])
      assert.equal(await read(schema, url), 422, url)
  })

  it('stays text where text may be meant', async () => {
    assert.equal(await read(z.object({ id: z.union([z.number(), z.string()]) }), '/?id=007'), '{"id":"007"}')
  })
})

describe('a schema that is not given to the library, as its words are ordinary', () => {
  const values = fc.oneof(
    ...[fc.constantFrom('object', 'string', 'text', '', 0, -1, 1.5, null, true, {}, []), fc.jsonValue({ maxDepth: 2 })],
    ...[fc.constantFrom(['a'], ['a', 'a'], [1], [{}], [{ type: 'nothing' }], Number.NaN, { a: {} }, { a: 1 })],
  )
  const known = ['type', 'title', 'format', 'const', 'enum', 'examples', 'minimum', 'exclusiveMaximum', 'minLength']
  const words = [...known, 'maxItems', 'uniqueItems', 'readOnly', 'oneOf', 'items', 'not', 'required', 'properties']
  const ajv = new Ajv2020({ strict: false })

  it('is one that it takes', () => {
    let plain = 0
    const flat = fc.dictionary(fc.constantFrom(...words, 'pattern', 'toString'), values, { maxKeys: 3 })
    const schemas = fc.dictionary(fc.constantFrom(...words), fc.oneof(values, flat), { maxKeys: 4 })
    fc.assert(
      fc.property(schemas, (schema) => {
        if (!isPlainSchema(schema)) return
        plain++
        assert.ok(ajv.validateSchema(schema), ajv.errorsText())
      }),
      { numRuns: 2000 },
    )
    assert.ok(plain > 200, `${plain} of them were ordinary`)
  })

  it('is what endpoints are mostly described with', () => {
    const item = { type: 'object', properties: { n: { type: 'integer', minimum: 0, default: 1 } }, required: ['n'] }
    assert.ok(isPlainSchema({ type: 'array', items: { ...item, additionalProperties: false }, maxItems: 9 }))
    assert.ok(!isPlainSchema({ type: 'string', pattern: '(' }))
    assert.ok(!isPlainSchema({ constructor: 1 }))
  })
})
