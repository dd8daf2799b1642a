import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogFields } from '@posthouse/core'
import { createLogger } from '@posthouse/log'
import { temporaryFolder } from './folder.ts'
import { keptLines } from './kept-lines.ts'

const canary = 'Canary-7f3a/9+x='
const encoded = encodeURIComponent(canary)

/** Wherever programs put secrets. */
const fields: readonly LogFields[] = [
  { authorization: `Bearer ${canary}` },
  { Authorization: canary, 'Proxy-Authorization': canary, 'X-Api-Key': canary, 'set-cookie': [canary] },
  { headers: { cookie: `sid=${canary}`, 'x-auth-token': canary } },
  { headers: new Headers({ authorization: canary, 'x-access-token': canary }) },
  { headers: new Map([['Cookie', canary]]) },
  { rawHeaders: ['Host', 'x', 'Authorization', canary, 'Cookie', `a=${canary}`] },
  { pairs: [['Authorization', canary]] },
  { user: { profile: { password: canary, passwordConfirm: { password: canary } } } },
  { db_password: canary, clientSecret: canary, client_secret: canary, accessToken: canary, refresh_token: canary },
  { apiKey: canary, api_key: canary, 'api-key': canary, privateKey: canary, AWS_SECRET_ACCESS_KEY: canary },
  { config: JSON.stringify({ token: canary, nested: { password: canary } }) },
  { twice: JSON.stringify(JSON.stringify({ password: canary })) },
  { url: `https://anna:${encoded}@example.com/` },
  { url: `https://${encoded}@example.com/` },
  { url: new URL(`https://example.com/a?access_token=${encoded}&page=2`) },
  { url: `/a?page=2&api_key=${encoded}#token=${encoded}` },
  { url: `wss://h/?sig=${encoded}&key=${encoded}&X-Amz-Signature=${encoded}` },
  { query: new URLSearchParams({ token: canary }) },
  { command: `login --password=${canary} --name=x` },
  { header: `Authorization: Basic ${canary}` },
  { header: `Cookie: a=1; sid=${canary}` },
  { text: `password: ${canary}` },
  { error: new Error(`no such user at https://a:${encoded}@h/`) },
  { error: Object.assign(new Error('x'), { config: { headers: { Authorization: canary } } }) },
  { error: new Error('x', { cause: new Error(`Authorization: Bearer ${canary}`) }) },
  { error: new AggregateError([new Error(`token=${canary}`)], 'x') },
  { secret: { deep: canary }, token: 42 },
  { toJSON: { toJSON: () => ({ password: canary }) } },
  { set: new Set([{ password: canary }]) },
  { 'pass%77ord': canary },
  { url: `/login?next=/a?token=${encoded}` },
  { text: `Error: password: ${canary}` },
  { text: `{"outer":{"x":1,"password":"${canary}"}}` },
]
const messages = [
  `GET https://a:${encoded}@example.com/x?token=${encoded}`,
  `sent Authorization: Bearer ${canary}`,
  `Bearer ${canary}`,
  `set password=${canary} for anna`,
  `{"api_key":"${canary}"}`,
  `api_key: ${canary}`,
]
const leak = /Canary|7f3a|9\+x|9%2Bx/i

describe('a secret', () => {
  it('is in no line, whatever it stands in and whatever the sink is', async () => {
    using folder = temporaryFolder()
    const kept: string[] = []
    await using logger = createLogger({
      sinks: [
        { sink: folder.file('text.log') },
        { sink: folder.file('json.log'), serialize: true, location: true },
        { sink: folder.file('extra.log'), format: '{message} {extra[url]} {exception} {extra}' },
        { sink: { write: (text: string) => kept.push(text) } },
        {
          sink: (line, record) => {
            kept.push(line, JSON.stringify(record.extra), JSON.stringify(record.exception ?? null), record.message)
          },
        },
      ],
    })
    for (const each of fields) {
      logger.info('call', each)
      logger.bind(each).info('bound')
      logger.contextualize(each, () => logger.info('within', { nested: each }))
      if (each.error !== undefined) logger.exception(each.error, 'failed')
    }
    for (const message of messages) {
      logger.error(message)
      logger.opt({ exception: new Error(message) }).error('x')
      logger.exception(new Error(message))
    }
    await logger.drain()
    const all = [...kept, ...folder.names().map((name) => folder.read(name))].join('')
    assert.ok(all.length > 10_000)
    for (const line of all.split('\n')) assert.doesNotMatch(line, leak)
  })

  it('is looked for in time that grows with the text, whatever that is', () => {
    const { logger, lines } = keptLines()
    const pieces = ['a=', 'a:', '://', '?a=b&', 'token', '="', "'", 'Bearer ', 'cookie:', '\\"', '%', 'a.', '-']
    for (const piece of pieces) logger.info(piece.repeat(200_000 / piece.length))
    assert.equal(lines.length, pieces.length)
  })

  it('leaves what is around it', () => {
    const { logger, lines } = keptLines({ format: '{message} {extra}' })
    logger.info('GET https://anna:x@h:80/a?token=abc&page=2#top', { headers: { accept: 'x/y', cookie: 'a' }, n: 1 })
    assert.deepEqual(lines, [
      'GET https://[redacted]@h:80/a?token=[redacted]&page=2#top headers={"accept":"x/y","cookie":"[redacted]"} n=1\n',
    ])
  })

  it('is found by its name wherever that ends and begins', () => {
    const { logger, lines } = keptLines()
    const before = ['', 'é', 'a b ', '--', '.', '%', '"', 'x'.repeat(56), `${'x'.repeat(70)}-`, 'a:b=c ', '\u00a0']
    const colons = [':', '":', "\\':", ' :', '"   :', '\u00a0:', '\u2028\ufeff:']
    for (const start of before) {
      for (const colon of colons) logger.info(`${start}password${colon} "Canary-7f3a"`)
      logger.info(`${start}password=Canary-7f3a`)
    }
    for (const start of ['', 'é', '%', '-.', '?', '&', ' ']) logger.info(`${start}pin=Canary-7f3a&sig=Canary-7f3a`)
    assert.deepEqual(
      lines.filter((line) => leak.test(line)),
      [],
    )
  })

  it('is not seen in ordinary words', () => {
    const { logger, lines } = keptLines()
    const innocent = [
      'invalid token: expired at 12:30',
      'Unexpected token: } in JSON',
      'basic authentication is off, bearer tokens are on',
      'tokens=5 maxTokens=7 key=value mode: fast',
      'https://example.com/a@b?page=2&sort=key',
      'the cookie banner: shown',
    ]
    for (const message of innocent) logger.info(message)
    assert.deepEqual(
      lines,
      innocent.map((message) => `${message}\n`),
    )
    const same = { tokens: 5, keyboard: 'x', passenger: 'y', secretary: 'z', author: 'a' }
    const kept = keptLines({ format: '{extra}' })
    kept.logger.info('', same)
    assert.deepEqual(kept.lines, ['tokens=5 keyboard=x passenger=y secretary=z author=a\n'])
  })
})

describe('what is hidden', () => {
  it('can be more, or less, and look otherwise', () => {
    const redact = { names: ['social-security'], allow: ['sid'], mark: '***' }
    const { logger, lines } = keptLines({ format: '{message} {extra}' }, { redact })
    logger.info('socialSecurity=1234567', { SOCIAL_SECURITY: '1', sid: 'open', password: 'x' })
    assert.deepEqual(lines, ['socialSecurity=*** SOCIAL_SECURITY="***" sid=open password="***"\n'])
  })

  it('is nothing at all where that is wanted', () => {
    const { logger, lines } = keptLines({ format: '{message} {extra}' }, { redact: false })
    logger.info('token=abc', { password: 'x' })
    assert.deepEqual(lines, ['token=abc password=x\n'])
  })

  it('is refused where it is no list of names', () => {
    const names = 'password' as unknown as string[]
    for (const redact of [{ names }, { keys: ['a'] }, 'password', null])
      assert.throws(() => createLogger({ sinks: [], redact: redact as object }), {
        code: 'invalid_option',
        message: /redact/,
      })
  })
})

describe('fields', () => {
  it('may be anything: rings, depths, crowds, traps', () => {
    for (const serialize of [false, true]) {
      const { logger, lines } = keptLines(serialize ? { serialize, format: undefined } : { format: '{extra}' })
      logger.info('', oddFields())
      logger.info('', { date: new Date(0), nan: Number.NaN, nothing: null, missing: undefined })
      assert.equal(lines.length, 2)
      const [first = ''] = lines
      assert.ok(first.length < 100_000)
      for (const words of [
        '[circular]',
        '[object]',
        '[unreadable]',
        '4800 more',
        '50 more',
        '10',
        'Symbol(s)',
        '[9 bytes]',
      ])
        assert.ok(first.includes(words), words)
      if (serialize) assert.ok(lines.map((line) => JSON.parse(line)))
    }
  })

  it('are not changed, and not copied where there is nothing to hide', () => {
    const { logger, records } = keptLines()
    const fields = { a: { b: [1, 'x'] }, password: 'x' }
    logger.info('', fields)
    assert.deepEqual(fields, { a: { b: [1, 'x'] }, password: 'x' })
    assert.equal(records[0]?.extra.a, fields.a)
  })

  it('and messages may have traps, and no call throws', () => {
    const trap = (): never => assert.fail('sprung')
    const sprung = Object.defineProperty({ before: 1 }, 'trap', { enumerable: true, get: trap })
    const closed = new Proxy({}, { get: trap, getPrototypeOf: trap, ownKeys: trap })
    const { logger, lines } = keptLines({ format: '{message} {extra}' })
    const loose = logger as unknown as { error(...all: unknown[]): void }
    logger.info('one', sprung)
    logger.info('two', closed)
    logger.bind(sprung).info('three')
    logger.contextualize(sprung, () => logger.info('four'))
    logger.exception('five', 'five', sprung)
    loose.error(new Error('six'), sprung)
    for (const message of [closed, Object.create(null), { toString: trap }]) loose.error(message)
    logger.exception(Object.defineProperty(new Error('x'), 'message', { get: trap }))
    assert.deepEqual(
      lines.map((line) => line.split('\n', 1)[0]),
      [
        'one before=1 trap="[unreadable]"',
        'two value="[unreadable]"',
        'three before=1 trap="[unreadable]"',
        'four before=1 trap="[unreadable]"',
        'five before=1 trap="[unreadable]" err=five',
        'six before=1 trap="[unreadable]"',
        ...Array.from({ length: 3 }, () => '[unreadable]'),
        '[unreadable] err="[unreadable]"',
      ],
    )
  })

  it('that cannot be made into a line are told as a trouble', () => {
    let reads = 0
    const fickle = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => (reads++ === 0 ? 1 : assert.fail('not twice')),
    })
    const { logger, lines, troubles } = keptLines({ serialize: true, format: undefined })
    logger.info('lost', fickle)
    logger.info('there')
    assert.deepEqual([lines.length, troubles], [1, ['a record could not be written']])
  })

  it('may be lists, dates and maps, although they should be names and values', () => {
    const { logger, lines } = keptLines({ format: '{extra}' })
    for (const fields of [[1, 2], new Date(0), new Map([['password', 'x']])])
      logger.info('', fields as unknown as LogFields)
    assert.deepEqual(lines, ['value=[1,2]\n', 'value="1970-01-01T00:00:00.000Z"\n', 'password="[redacted]"\n'])
  })

  it('may be handed over as an error by those who know no types', () => {
    const { logger, records } = keptLines()
    const loose = logger as unknown as { error(...all: unknown[]): void }
    loose.error(new Error('first'))
    loose.error('second', new Error('cause'))
    loose.error(3, 4)
    loose.error('five', null)
    assert.deepEqual(
      records.map(({ message, exception, extra }) => [message, exception?.message, extra.value]),
      [
        ['first', 'first', undefined],
        ['second', 'cause', undefined],
        ['3', undefined, 4],
        ['five', undefined, undefined],
      ],
    )
  })
})

function oddFields(): LogFields {
  const ring: Record<string, unknown> = { name: 'ring' }
  ring.self = ring
  let deep: unknown = 'bottom'
  for (let depth = 0; depth < 50; depth++) deep = { deep }
  return {
    ring,
    deep,
    trap: Object.defineProperty({}, 'trap', { enumerable: true, get: () => assert.fail('sprung') }),
    crowd: Array.from({ length: 5000 }, (_, index) => ({ index })),
    wide: Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`n${index}`, index])),
    proxy: new Proxy({}, { ownKeys: () => assert.fail('sprung') }),
    big: 10n,
    symbol: Symbol('s'),
    buffer: Buffer.alloc(9),
    f: () => 1,
  }
}
