import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { describe, it } from 'node:test'
import { type ErrorCode, errorTable } from '@posthouse/core'
import { errorHelp, errorHttpStatus } from '@posthouse/core/help'
import { type ErrorRow, renderErrorFiles } from '../../../scripts/generate-errors.ts'
import { errorRows as browserRows } from '../src/error-table-browser.ts'

const root = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const { errors: rows } = JSON.parse(read('spec/errors.json')) as { errors: ErrorRow[] }
const facts = Object.entries(errorTable)

describe('the error table', () => {
  it('says what spec/errors.json says', () => {
    const said = facts.map(([name, { number, closeCode, retry }]) => ({
      name,
      code: number,
      http: errorHttpStatus[name as ErrorCode],
      close: closeCode,
      retry,
    }))
    assert.deepEqual(
      said,
      rows.map(({ help, scope, ...row }) => row),
    )
    assert.deepEqual(errorHelp, Object.fromEntries(rows.map(({ name, help }) => [name, help])))
  })

  it('is in the files that the generator makes', () => {
    const { table, browserTable, callRows, help } = renderErrorFiles(rows)
    assert.equal(read('packages/core/src/error-table.ts'), table)
    assert.equal(read('packages/core/src/error-table-browser.ts'), browserTable)
    assert.equal(read('packages/client/src/caller/call-error-rows.ts'), callRows)
    assert.equal(read('packages/core/src/help.ts'), help)
  })

  it('names no failure to browsers that only hosts report', () => {
    const named = browserRows.match(/[a-z_]+/g)
    assert.deepEqual(
      named,
      rows.filter(({ scope }) => scope === undefined).map(({ name }) => name),
    )
  })

  it('names to browsers what a storage in a page may report', () => {
    const named: readonly string[] = browserRows.match(/[a-z_]+/g) ?? []
    const reported = ['data_in_use', 'data_too_new', 'data_unwritable', 'store_failed']
    assert.deepEqual(
      reported.filter((name) => !named.includes(name)),
      [],
    )
  })

  it('has a number, a name and a help sentence of its own for each failure', () => {
    for (const key of ['code', 'name', 'help'] as const) {
      const values = rows.map((row) => row[key])
      assert.equal(new Set(values).size, values.length, key)
    }
    for (const { name } of rows) assert.match(name, /^[a-z]+(_[a-z]+)*$/)
  })

  it('is in the order of its numbers', () => {
    const numbers = rows.map(({ code }) => code)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
  })

  it('gives HTTP statuses that mean a failure', () => {
    // 499 is no registered status; proxies log it where the client gave up.
    for (const { name, http } of rows) assert.ok(http >= 400 && (http === 499 || http in STATUS_CODES), name)
  })

  it('helps in whole sentences', () => {
    for (const { name, help } of rows) assert.match(help, /^[A-Z].*[.?]$/, name)
  })
})

describe('a close code', () => {
  const closing = rows.flatMap(({ name, close, retry }) => (close === null ? [] : [{ name, close, retry }]))

  it('is in one of the ranges that an old client understands', () => {
    for (const { name, close } of closing) assert.ok(close >= 4000 && close <= 4499, name)
  })

  it('below 4400 asks the client to come back, so trying again must help', () => {
    for (const { name, close, retry } of closing) if (close < 4400) assert.equal(retry, true, name)
  })

  it('from 4400 on tells it to stop, so trying again must not help', () => {
    for (const { name, close, retry } of closing) if (close >= 4400) assert.equal(retry, false, name)
  })

  it('stands for one failure, but for 4400, which any broken conversation gets', () => {
    const codes = closing.map(({ close }) => close).filter((close) => close !== 4400)
    assert.equal(new Set(codes).size, codes.length)
  })
})

describe('the generator', () => {
  const row = { name: 'made_up', code: 9001, http: 500, close: null, retry: false }
  const lineOf = (help: string) => {
    const lines = renderErrorFiles([{ ...row, help }]).help.split('\n')
    return lines.slice(6, lines.indexOf('}')).join('\n')
  }

  it('breaks a help sentence that does not fit on its line', () => {
    // Indentation, name, punctuation and quotes take 14 of the 120 characters.
    assert.equal(lineOf('x'.repeat(106)), `  made_up: '${'x'.repeat(106)}',`)
    assert.equal(lineOf('x'.repeat(107)).includes('\n'), true)
  })

  it('quotes so that the sentence is what it was', () => {
    for (const help of ["it's", 'say "no"', `it's "no"`, 'back\\slash']) {
      const literal = lineOf(help).replace(/^ {2}made_up: |,$/g, '')
      assert.equal(new Function(`return ${literal}`)(), help)
    }
  })
})
