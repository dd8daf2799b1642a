import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { createLogger } from '@posthouse/log'
import { type Folder, temporaryFolder } from './folder.ts'

/** More for a thorough run: POSTHOUSE_KILLS=500. */
const kills = Number(process.env.POSTHOUSE_KILLS ?? 12)
const program = fileURLToPath(new URL('./logging-process.ts', import.meta.url))

/** When a process is killed: at any moment, while it packs, and between the two steps of a rotation, if that is seen. */
const moments: readonly ((folder: Folder) => Promise<void>)[] = [
  async () => {
    for (let turns = Math.floor(Math.random() * 50); turns > 0; turns--) await setImmediate()
  },
  (folder) => until(() => folder.names().some((name) => name.endsWith('.part')), 1),
  (folder) => until(() => !existsSync(folder.file('app.log')), 2000),
]

/** Looks for something that lasts less than a millisecond, and gives up after a while. */
async function until(condition: () => boolean, looks: number): Promise<void> {
  for (let turn = 0; turn < 4000 / Math.sqrt(looks); turn++) {
    for (let look = 0; look < looks; look++) if (condition()) return
    await setImmediate()
  }
}

/** Lets a process log from `first` on, in files of 1,000 bytes, and kills it. Returns the last number that it told. */
async function live(folder: Folder, first: number, life: number): Promise<number> {
  const args = ['--conditions=@posthouse/source', program, 'endless', folder.file('app.log'), `${first}`, '1 KB', 'gz']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const lines = 20 + Math.floor(Math.random() * 400)
  while (said.split('\n').length <= lines) await once(child.stdout, 'data')
  await moments[life % moments.length]?.(folder)
  child.kill('SIGKILL')
  await closed
  return Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1))
}

function allLines(folder: Folder): string[] {
  const names = folder.names().filter((name) => name !== 'app.log')
  const texts = names.map((name) => String(gunzipSync(readFileSync(folder.file(name)))))
  return (texts.join('') + folder.read('app.log')).split('\n').slice(0, -1)
}

test('kill -9, also in the middle of rotating and packing, loses no line and repeats none', async (context) => {
  using folder = temporaryFolder()
  const found = { rotating: 0, packing: 0 }
  let next = 0
  for (let life = 0; life < kills; life++) {
    const told = await live(folder, next, life)
    assert.ok(told >= next, 'it came as far as to log something')
    if (!folder.names().includes('app.log')) found.rotating++
    if (folder.names().some((name) => name.endsWith('.part'))) found.packing++
    // What it left undone is done by the next one.
    await using logger = createLogger({ sinks: [] })
    logger.add(folder.file('app.log'), { format: '{message}', rotation: '1 KB', compression: 'gz' })
    await logger.drain()
    const lines = allLines(folder)
    lines.forEach((line, index) => {
      assert.equal(line, `line ${index}`)
    })
    assert.ok(lines.length > told, `line ${told} was told of, and there are ${lines.length}`)
    assert.ok(lines.length <= told + 2 + 50)
    next = lines.length
  }
  context.diagnostic(`killed between the steps of a rotation: ${found.rotating}, while packing: ${found.packing}`)
  assert.ok(found.packing > 0)
})
