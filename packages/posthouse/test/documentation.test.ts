import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { exitCodes } from '../src/failure.ts'
import { buildProgram } from '../src/program.ts'
import { Terminal } from '../src/terminal.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const commands: ReadonlyMap<string, Command> = new Map(
  buildProgram(new Terminal()).commands.map((command) => [command.name(), command]),
)

for (const file of ['README.md', 'README.zh-CN.md']) {
  describe(`what ${file} says of the command`, () => {
    const text = read(file)
    const rows = [...text.matchAll(/^\| `([a-z-]+)[^`]*` \|/gm)].map(([, name = '']) => name)

    test('its table has every command, and no other', () => assert.deepEqual(rows.sort(), [...commands.keys()].sort()))

    test('it names the exit statuses', () => {
      for (const status of Object.values(exitCodes)) assert.match(text, new RegExp(`\\b${status}\\b`))
    })
  })
}

describe('what the documents say of the command', () => {
  test('commands and options that they show exist', () => {
    const pages = globSync(['*.md', 'docs/**/*.md', 'examples/*.md', 'packages/*/README.md'], { cwd: root })
    const shown = pages.flatMap((page) => [...read(page).matchAll(/npx posthouse ([a-z][a-z-]*)([^\n`#|]*)/g)])
    assert.ok(shown.length > 50)
    for (const [line, name = '', words = ''] of shown) {
      const known = commands.get(name)?.options.map(({ long }) => long)
      assert.ok(known, line)
      for (const [flag] of words.matchAll(/--[a-z0-9-]+/g)) assert.ok(flag === '--help' || known.includes(flag), line)
    }
  })

  test('each setting of up is in docs/configuration.md, by flag and variable', () => {
    const text = read('docs/configuration.md')
    const flags = commands.get('up')?.options.flatMap(({ long }) => long ?? []) ?? []
    assert.ok(flags.length > 30)
    for (const flag of flags) {
      const variable = `POSTHOUSE_${flag
        .replace(/^--(no-)?/, '')
        .replaceAll('-', '_')
        .toUpperCase()}`
      for (const name of [flag, variable]) assert.ok(text.includes(`\`${name}\``), name)
    }
  })
})

function read(page: string): string {
  return readFileSync(`${root}${page}`, 'utf8')
}
