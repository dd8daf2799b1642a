import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)

describe('the code in the README', () => {
  let folder = ''

  before(async () => {
    // Within the package, where its dependencies are found.
    folder = await mkdtemp(join(root, 'test/.readme-'))
    for (const [index, block] of blocks.entries()) {
      await writeFile(join(folder, `${index}.ts`), `${block.replace('port: 8000', 'port: 0')}\nawait app.close()\n`)
    }
  })
  after(() => rm(folder, { recursive: true }))

  it('fits its types', async () => {
    assert.equal(blocks.length, 4)
    const compilerOptions = { noUnusedLocals: false }
    const config = { extends: '../../../../tsconfig.json', compilerOptions, files: blocks.map((_, n) => `./${n}.ts`) }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, include: [] }))
    await run(join(root, '../../node_modules/.bin/tsc'), ['-p', folder]).catch(({ stdout }: { stdout: string }) =>
      assert.fail(stdout),
    )
  })

  for (const [index, block] of blocks.entries()) {
    it(`runs and says what it says that it says, block ${index + 1}`, async () => {
      const { stdout } = await run(process.execPath, ['--conditions=@posthouse/source', join(folder, `${index}.ts`)])
      for (const [, expected] of block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)) {
        assert.match(stdout, new RegExp(`^${expected}$`, 'm'))
      }
    })
  }
})
