import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { loadSettings, type Schema } from '@posthouse/web'
import { type } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'

describe('settings', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthouse-settings-'))
    await writeFile(join(folder, '.env'), 'PORT=9000\nDEBUG=true\nPASSWORD="hunter2 # no comment"\n')
    await writeFile(join(folder, '.env.local'), 'PORT=9001\n')
  })
  after(() => rm(folder, { recursive: true }))

  const schema = z.object({
    PORT: z.number().int().default(8000),
    DEBUG: z.boolean().default(false),
    PASSWORD: z.string(),
  })

  it('come from files and, before those, from the environment', async () => {
    const files = ['.env', '.env.local', '.env.missing'].map((name) => join(folder, name))
    const fromFiles = await loadSettings(schema, { env: {}, files })
    assert.deepEqual({ ...fromFiles }, { PORT: 9001, DEBUG: true, PASSWORD: 'hunter2 # no comment' })
    const { PORT, PASSWORD } = await loadSettings(schema, { env: { PORT: '7', PASSWORD: 'x' }, files })
    assert.deepEqual([PORT, PASSWORD], [7, 'x'])
  })

  it('may be of a schema that freezes them, and show no values all the same', async () => {
    const settings = await loadSettings(schema.readonly(), { env: { PASSWORD: 'hunter2' }, files: [] })
    assert.equal(settings.PASSWORD, 'hunter2')
    assert.equal(Object.isFrozen(settings), true)
    assert.equal(inspect(settings), 'Settings { PORT, DEBUG, PASSWORD }')
  })

  it('may have a prefix', async () => {
    const settings = await loadSettings(schema, {
      env: { SHOP_PASSWORD: 'x', PASSWORD: 'y' },
      files: [],
      prefix: 'SHOP_',
    })
    assert.equal(settings.PASSWORD, 'x')
  })

  it('that are missing or do not fit are named, without their value', async () => {
    const vendors: Schema[] = [
      z.object({ PORT: z.number().int(), PASSWORD: z.string().min(20), TOKEN: z.string() }),
      v.object({
        PORT: v.pipe(v.number(), v.integer()),
        PASSWORD: v.pipe(v.string(), v.minLength(20)),
        TOKEN: v.string(),
      }),
      type({ PORT: 'number.integer', PASSWORD: 'string >= 20', TOKEN: 'string' }),
      {
        type: 'object',
        properties: {
          PORT: { type: 'integer' },
          PASSWORD: { type: 'string', minLength: 20 },
          TOKEN: { type: 'string' },
        },
        required: ['PORT', 'PASSWORD', 'TOKEN'],
      },
    ]
    for (const strict of vendors) {
      const error = await loadSettings(strict, { env: { PORT: 'hunter1', PASSWORD: 'hunter2' }, files: [] }).then(
        () => assert.fail('loaded'),
        (reason: Error) => reason,
      )
      assert.match(error.message, /PASSWORD does not fit .*"minLength":20.*PORT does not fit .*TOKEN is missing/)
      assert.doesNotMatch(inspect(error, { depth: 9 }), /hunter/)
    }
  })

  it('do not show their values when they are printed', async () => {
    const settings = await loadSettings(schema, { env: { PASSWORD: 'hunter2' }, files: [] })
    assert.equal(inspect(settings), 'Settings { PORT, DEBUG, PASSWORD }')
    assert.equal(settings.PASSWORD, 'hunter2')
  })
})
