import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { levels } from '@posthouse/log'
import { temporaryFolder } from './folder.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = Array.from(readme.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = '']) => code)

test('the README has code to run', () => assert.equal(blocks.length, 3))

for (const [index, block] of blocks.entries()) {
  test(`block ${index + 1} of the README runs as it is written, and hides what it says it hides`, async () => {
    using folder = temporaryFolder()
    const args = ['--conditions=@posthouse/source', '--input-type=module-typescript', '-']
    const child = spawn(process.execPath, args, { cwd: fileURLToPath(new URL('..', import.meta.url)) })
    child.stdin.end(block.replaceAll("'logs/", `'${folder.path}/`))
    const [output, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    assert.equal(status, 0, errors)
    const written = [output, errors, ...folder.names().map((name) => folder.read(name))].join('')
    assert.match(
      written,
      [/user created.*\[redacted\]/, /SyntaxError: Expected property name/, /"request":"r-1"/][index] ?? /^$/,
    )
    assert.equal(folder.names().length, index === 1 ? 3 : 0)
  })
}

test('the table of levels in the README is the one in the code', () => {
  for (const [name, { severity, meaning }] of Object.entries(levels))
    assert.ok(readme.includes(`| \`${name}\` | ${severity} | ${meaning} |`), name)
})
