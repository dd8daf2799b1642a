import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Command } from 'commander'
import { exitCodes } from '../src/failure.ts'
import { buildProgram } from '../src/program.ts'
import { Terminal } from '../src/terminal.ts'

const commands: ReadonlyMap<string, Command> = new Map(
  buildProgram(new Terminal()).commands.map((command) => [command.name(), command]),
)

for (const file of ['README.md', 'README.zh-CN.md']) {
  describe(`what ${file} says of the command`, () => {
    const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
    const rows = [...text.matchAll(/^\| `([a-z-]+)[^`]*` \|/gm)].map(([, name = '']) => name)

    test('its table has every command, and no other', () => assert.deepEqual(rows.sort(), [...commands.keys()].sort()))

    test('commands and options that it shows exist', () => {
      const shown = [...text.matchAll(/npx posthouse ([a-z-]+)([^\n`#|]*)/g)]
      assert.ok(shown.length > 3)
      for (const [, name = '', words = ''] of shown) {
        const known = commands.get(name)?.options.map(({ long }) => long)
        assert.ok(known, name)
        for (const [flag] of words.matchAll(/--[a-z-]+/g)) assert.ok(flag === '--help' || known.includes(flag), flag)
      }
    })

    test('it names the exit statuses', () => {
      for (const status of Object.values(exitCodes)) assert.match(text, new RegExp(`\\b${status}\\b`))
    })
  })
}
