import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './folder.ts'

const program = fileURLToPath(new URL('./logging-process.ts', import.meta.url))
const count = 5000

function start(path: string, buffer: number, ending: string): ChildProcess {
  const args = ['--conditions=@posthouse/source', program, 'count', path, `${count}`, `${buffer}`, ending]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
}

const numbers = Array.from({ length: count }, (_, index) => `line ${index}`)

for (const [how, buffer] of [
  ['written at once', 0],
  ['gathered', 10_000_000],
] as const) {
  for (const [ending, code] of [
    ['end', 0],
    ['exit', 3],
    ['throw', 1],
    ['reject', 1],
  ] as const) {
    test(`lines that are ${how} are all there after a process ends by ${ending}`, async () => {
      using folder = temporaryFolder()
      const [status] = await once(start(folder.file('app.log'), buffer, ending), 'close')
      assert.equal(status, code)
      assert.deepEqual(folder.lines('app.log'), numbers)
    })
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`lines that are ${how} are all there after ${signal}, which ends the process as it always does`, async () => {
      using folder = temporaryFolder()
      const child = start(folder.file('app.log'), buffer, signal)
      await once(child.stdout ?? assert.fail(), 'data')
      child.kill(signal)
      assert.deepEqual(await once(child, 'close'), [null, signal])
      assert.deepEqual(folder.lines('app.log'), numbers)
    })
  }

  test(`lines that are ${how} are all there where the program has its own way with SIGTERM`, async () => {
    using folder = temporaryFolder()
    const child = start(folder.file('app.log'), buffer, 'own')
    await once(child.stdout ?? assert.fail(), 'data')
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'close'), [7, null])
    assert.deepEqual(folder.lines('app.log'), numbers)
  })
}

test('what is logged while the process leaves is written as well', async () => {
  using folder = temporaryFolder()
  await once(start(folder.file('app.log'), 10_000_000, 'late'), 'close')
  assert.deepEqual(folder.lines('app.log'), [...numbers, 'from an exit listener'])
})

test('lines that are written at once are all there after kill -9', async () => {
  using folder = temporaryFolder()
  const child = start(folder.file('app.log'), 0, 'wait')
  await once(child.stdout ?? assert.fail(), 'data')
  child.kill('SIGKILL')
  await once(child, 'close')
  assert.deepEqual(folder.lines('app.log'), numbers)
})

test('SIGHUP opens the file anew, after another program has moved it away', async () => {
  using folder = temporaryFolder()
  const child = start(folder.file('app.log'), 0, 'hangup')
  await once(child.stdout ?? assert.fail(), 'data')
  renameSync(folder.file('app.log'), folder.file('moved.log'))
  child.kill('SIGHUP')
  await once(child.stdout ?? assert.fail(), 'data')
  child.kill('SIGTERM')
  await once(child, 'close')
  assert.deepEqual(folder.lines('moved.log'), numbers)
  assert.deepEqual(folder.lines('app.log'), ['after'])
})
