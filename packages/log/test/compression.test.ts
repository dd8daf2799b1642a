import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { createLogger, type FileSinkOptions } from '@posthouse/log'
import { type Folder, temporaryFolder } from './folder.ts'

type Compression = NonNullable<FileSinkOptions['compression']>

/** How the tools of the system test a packed file, and print what is in it. */
const tools: readonly (readonly [Compression, ending: string, test: string[], print: string[]])[] = [
  ['gzip', 'gz', ['gzip', '-t'], ['gzip', '-dc']],
  ['gz', 'gz', ['gzip', '-t'], ['gzip', '-dc']],
  ['zip', 'zip', ['unzip', '-t'], ['unzip', '-p']],
  ['zstd', 'zst', ['zstd', '-t'], ['zstd', '-dc']],
  ['zst', 'zst', ['zstd', '-t'], ['zstd', '-dc']],
]

function missing(context: TestContext, tool = ''): boolean {
  if (spawnSync(tool, ['--help'], { stdio: 'ignore' }).error === undefined) return false
  context.skip(`${tool} is not installed`)
  return true
}

function run([command = '', ...args]: readonly string[], file: string): string {
  return execFileSync(command, [...args, file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

async function rotateOften(folder: Folder, compression: Compression, count: number): Promise<void> {
  await using logger = createLogger({ sinks: [] })
  logger.add(folder.file('app.log'), { format: '{message}', rotation: '1 KB', compression })
  for (let each = 0; each < count; each++) logger.info(`line ${each} 张三`)
  await logger.drain()
}

describe('what is rotated', () => {
  for (const [compression, ending, test, print] of tools) {
    it(`is packed as ${compression} so that ${test[0]} opens it, and no line is missing`, async (context) => {
      if (missing(context, test[0])) return
      using folder = temporaryFolder()
      await rotateOften(folder, compression, 1000)
      const packed = folder.names().filter((name) => name !== 'app.log')
      assert.ok(packed.length >= 8)
      for (const name of packed) {
        assert.match(name, new RegExp(`\\.log\\.${ending}$`))
        run(test, folder.file(name))
      }
      const text = packed.map((name) => run(print, folder.file(name))).join('') + folder.read('app.log')
      assert.deepEqual(
        text.split('\n').slice(0, -1),
        Array.from({ length: 1000 }, (_, index) => `line ${index} 张三`),
      )
    })
  }

  it('is a real ZIP file, which names its content', async (context) => {
    if (missing(context, 'unzip')) return
    using folder = temporaryFolder()
    await rotateOften(folder, 'zip', 200)
    const [name = ''] = folder.names().filter((each) => each.endsWith('.zip'))
    const listing = run(['unzip', '-lv'], folder.file(name))
    assert.match(listing, new RegExp(`Defl:N.*${name.slice(0, -4).replaceAll('.', '\\.')}`))
    assert.equal(run(['unzip', '-Z1'], folder.file(name)).trim(), name.slice(0, -4))
    assert.match(run(['unzip', '-Z'], folder.file(name)), /^-rw-r-----/m)
  })

  it('keeps the permissions of the file', async () => {
    using folder = temporaryFolder()
    await using logger = createLogger({ sinks: [] })
    logger.add(folder.file('app.log'), { mode: 0o600, rotation: '20 B', compression: 'gz' })
    for (const line of ['a', 'b', 'c']) logger.info(line)
    await logger.drain()
    assert.equal(folder.names().length, 3)
    for (const name of folder.names()) assert.equal(statSync(folder.file(name)).mode & 0o777, 0o600)
  })

  it('is packed by the next run where this one had no time', async (context) => {
    if (missing(context, 'gzip')) return
    using folder = temporaryFolder()
    const name = 'app.2026-01-01T00-00-00-000Z.0001.log'
    writeFileSync(folder.file(name), 'one\ntwo\n')
    writeFileSync(folder.file(`${name}.gz.part`), 'half')
    // Killed after the packed file was complete and before the original was removed: it is packed once more.
    const other = 'app.2026-01-02T00-00-00-000Z.0001.log'
    writeFileSync(folder.file(other), 'three\n')
    copyFileSync(folder.file(other), folder.file(`${other}.gz`))
    await rotateOften(folder, 'gz', 0)
    assert.deepEqual(folder.names(), [`${name}.gz`, `${other}.gz`, 'app.log'])
    assert.equal(run(['gzip', '-dc'], folder.file(`${name}.gz`)), 'one\ntwo\n')
    assert.equal(run(['gzip', '-dc'], folder.file(`${other}.gz`)), 'three\n')
  })

  it('may vanish meanwhile', async () => {
    using folder = temporaryFolder()
    const troubles: string[] = []
    await using logger = createLogger({ sinks: [], onTrouble: (text) => void troubles.push(text) })
    logger.add(folder.file('app.log'), { rotation: '20 B', compression: 'zip' })
    for (const line of ['a', 'b', 'c']) logger.info(line)
    for (const name of folder.names()) if (name !== 'app.log') rmSync(folder.file(name))
    await logger.drain()
    assert.deepEqual([folder.names(), troubles], [['app.log'], []])
  })
})
