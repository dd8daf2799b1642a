import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { createLogger } from '@posthouse/log'

interface Run extends Disposable {
  readonly stdout: string
  /** What it wrote into `logs`, by name. */
  readonly logs: Readonly<Record<string, string>>
}

/** Runs an example in a folder of its own. */
async function run(name: string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'posthouse-logging-'))
  const example = fileURLToPath(new URL(`../examples/${name}`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@posthouse/source', example], {
    cwd: folder,
    env: { ...process.env, FORCE_COLOR: '' },
  })
  const names = readdirSync(folder).includes('logs') ? readdirSync(join(folder, 'logs')) : []
  const logs = Object.fromEntries(
    names
      .filter((file) => !file.startsWith('.'))
      .map((file) => [file, readFileSync(join(folder, 'logs', file), 'utf8')]),
  )
  return { stdout, logs, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

describe('the examples of logging', () => {
  it('write to a console in colours, and to a file with places', async () => {
    using ran = await run('20-log-console-and-file.ts')
    const lines = ran.stdout.split('\n')
    assert.equal(lines.length, 4)
    assert.ok(lines[1]?.includes('\x1b[32m\x1b[1mSUCCESS \x1b[0m | \x1b[36m20-log-console-and-file\x1b[0m'))
    const written = ran.logs['app.log'] ?? ''
    assert.match(
      written,
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \| INFO {5}\| 20-log-console-and-file:<module>:\d+ - the program/,
    )
    assert.match(written, / \| DEBUG {4}\| 20-log-console-and-file:createUser:\d+ - the name is checked: 张三\n/)
    assert.equal(written.split('\n').length, 5)
  })

  it('write warnings to the console, everything to a file, errors with stacks to another', async () => {
    using ran = await run('21-log-production.ts')
    const { 'app.log': all = '', 'error.log': errors = '', 'app.json': json = '' } = ran.logs
    assert.match(
      ran.stdout,
      /^\S+ \S+ \| ERROR \| the payment failed\nError: the bank.*caused by: Error: ECONNREFUSED/s,
    )
    assert.match(ran.stdout, /\| WARNING \| the queue is long\n$/)
    assert.doesNotMatch(ran.stdout, /INFO|SUCCESS/)
    assert.match(all, /\| INFO \| shop:pay:\d+ - payment begins\n.*\| SUCCESS \| shop:pay:\d+ - paid\n/s)
    assert.match(
      errors,
      /^\S+ \S+ \| ERROR \| shop:\S+:\d+ - the payment failed\nError: the bank does not answer\n {4}at pay/,
    )
    const records = json
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      records.map(({ level, request, order, token }) => [level, request, order, token]),
      [
        ['info', 'r-1', 1, '[redacted]'],
        ['success', 'r-1', 1, undefined],
        ['info', 'r-2', 2, '[redacted]'],
        ['error', 'r-2', 2, undefined],
        ['warning', undefined, undefined, undefined],
      ],
    )
    assert.doesNotMatch(json + all + errors + ran.stdout, /tok_4f9a/)
  })

  it('write what is expected on a line, and everything else with its causes', async () => {
    using ran = await run('22-log-exceptions.ts')
    assert.match(
      ran.stdout,
      /SUCCESS {2}\| done\n\S+ \| ERROR {4}\| HTTP error: 404\n\S+ \| ERROR {4}\| unknown error\nTypeError/,
    )
    assert.match(ran.stdout, /\ncaused by: Error: connect ECONNREFUSED/)
    assert.match(
      ran.stdout,
      /AggregateError: .*\n(?: {4}at .*\n)* {2}error 1: Error: first mirror\n.* {2}error 2: TypeError: second/s,
    )
    assert.match(ran.stdout, /WARNING {2}\| it goes on without\nError: the cache is cold\n/)
  })
})

describe('a hub', () => {
  it('takes the logger as it is, and so do a logger with bound fields and one level for all', async () => {
    const lines: string[] = []
    const logger = createLogger({ name: 'node-1', sinks: [] })
    logger.add((line) => void lines.push(line), { format: '{name} {level} {message} {extra}' })
    await using hub = new Hub({ logger: logger.bind({ node: 1 }) })
    const { url } = await hub.listen({ port: 0 })
    await using client = new HubClient({ url, clientId: 'anna' })
    await client.connect()
    assert.ok(lines.length > 0)
    for (const line of lines) assert.match(line, /^node-1 (?:DEBUG|INFO|WARNING) .* node=1/)
  })
})
