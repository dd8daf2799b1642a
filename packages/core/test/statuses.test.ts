import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { describe, it } from 'node:test'
import * as status from '@posthouse/core/status'
import { build } from 'esbuild'
import { renderStatusFiles, type StatusSpec } from '../../../scripts/generate-status.ts'
import documented from './documented-statuses.json' with { type: 'json' }

const root = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const spec = JSON.parse(read('spec/status.json')) as StatusSpec
const constants = new Map(Object.entries(status).filter(([name]) => /^(HTTP|WS)_\d/.test(name)))
const misspelt = 'HTTP_605_THIRD_PARTY_NEWORK_ERROR'

describe('the constants of statuses', () => {
  it('are all that the document lists, under their names', () => {
    assert.equal(documented.statuses.length, 81)
    for (const [code, name] of documented.statuses) assert.equal(constants.get(String(name)), code, String(name))
  })

  it('mean what the document says', () => {
    for (const [code, name, meaning] of documented.statuses) {
      const lookUp = String(name).startsWith('WS_') ? status.lookUpCloseCode : status.lookUpStatus
      const facts = lookUp(Number(code))
      // One bracket of the document is of the other width than its partner.
      assert.equal(facts?.chinese, String(meaning).replace(/\)$/, '）'))
      if (name !== misspelt) assert.equal(facts?.name, name)
    }
  })

  it('include the ones before an answer, which the document leaves out', () => {
    const { HTTP_100_CONTINUE, HTTP_101_SWITCHING_PROTOCOLS, HTTP_102_PROCESSING, HTTP_103_EARLY_HINTS } = status
    const four = [HTTP_100_CONTINUE, HTTP_101_SWITCHING_PROTOCOLS, HTTP_102_PROCESSING, HTTP_103_EARLY_HINTS]
    assert.deepEqual(four, [100, 101, 102, 103])
  })

  it('carry their number in their name', () => {
    for (const [name, code] of constants) assert.equal(name.split('_')[1], String(code))
  })

  it('are those of spec/status.json, and of older names', () => {
    const named = [...spec.http, ...spec.close].map(({ name }) => name)
    assert.deepEqual([...constants.keys()].sort(), [...named, ...spec.deprecated.map(({ name }) => name)].sort())
    for (const { name, use } of spec.deprecated) assert.equal(constants.get(name), constants.get(use))
    assert.equal(status.HTTP_605_THIRD_PARTY_NEWORK_ERROR, status.HTTP_605_THIRD_PARTY_NETWORK_ERROR)
  })

  it('are in the files that the generator makes', () => {
    const { httpConstants, closeConstants, table } = renderStatusFiles(spec)
    assert.equal(read('packages/core/src/status/http-constants.ts'), httpConstants)
    assert.equal(read('packages/core/src/status/close-constants.ts'), closeConstants)
    assert.equal(read('packages/core/src/status/status-table.ts'), table)
  })

  it('cost a page only those that it uses', async () => {
    const contents = `import { HTTP_200_OK, WS_1000_NORMAL_CLOSURE } from '@posthouse/core/status'
      console.log(HTTP_200_OK, WS_1000_NORMAL_CLOSURE)`
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: import.meta.dirname },
      bundle: true,
      minify: true,
      format: 'esm',
      conditions: ['@posthouse/source'],
      write: false,
    })
    assert.equal(outputFiles[0]?.text, 'console.log(200,1e3);\n')
  })
})

describe('looking up a status', () => {
  it('tells what it means', () => {
    assert.deepEqual(status.lookUpStatus(404), {
      code: 404,
      name: 'HTTP_404_NOT_FOUND',
      phrase: 'Not Found',
      english: 'There is nothing at this address.',
      chinese: '资源未找到',
    })
  })

  it('tells nothing of numbers without a constant', () => {
    for (const code of [0, 99, 299, 419, 509, 607, 1000, 4.5, Number.NaN])
      assert.equal(status.lookUpStatus(code), undefined)
    for (const code of [200, 999, 1004, 1016, 4000]) assert.equal(status.lookUpCloseCode(code), undefined)
  })

  it('has the phrases that Node sends, but for one that is reserved', () => {
    for (const { code, phrase } of spec.http) {
      if (code < 600 && code !== 306) assert.equal(status.lookUpStatus(code)?.phrase, STATUS_CODES[code])
      assert.equal(status.lookUpStatus(code)?.phrase, phrase)
    }
  })

  it('has a sentence in English and some words in Chinese for each', () => {
    for (const { code } of spec.http) assertMeaning(status.lookUpStatus(code))
    for (const { code } of spec.close) assertMeaning(status.lookUpCloseCode(code))
  })
})

describe('the class of a status', () => {
  const predicates = {
    informational: status.isInformational,
    success: status.isSuccess,
    redirect: status.isRedirect,
    'client-error': status.isClientError,
    'server-error': status.isServerError,
    'third-party-error': status.isThirdPartyError,
  }

  it('goes by its hundred', () => {
    for (let code = 100; code < 700; code++) {
      const name = status.statusClass(code)
      assert.equal(name, Object.keys(predicates)[Math.floor(code / 100) - 1])
      for (const [other, holds] of Object.entries(predicates))
        assert.equal(holds(code), other === name, `${code} ${other}`)
      assert.equal(status.isError(code), code >= 400)
    }
  })

  it('is none for numbers that are no status', () => {
    for (const code of [-1, 0, 99, 700, 1000, 200.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.equal(status.statusClass(code), undefined)
      assert.equal(Object.values(predicates).some((holds) => holds(code)) || status.isError(code), false)
    }
  })
})

describe('a status on the wire', () => {
  it('is a whole number from 100 to 599', () => {
    for (const code of [100, 200, 299, 599]) assert.equal(status.assertWireStatus(code), code)
    for (const code of [99, 607, 1000, 200.5, Number.NaN]) {
      assert.throws(() => status.assertWireStatus(code), {
        code: 'invalid_status',
        message: `${code} is no HTTP status: it must be a whole number from 100 to 599`,
      })
    }
  })

  it('is never that of a third party, for which there is another', () => {
    assert.throws(() => status.assertWireStatus(604), {
      code: 'invalid_status',
      message:
        '604 is no HTTP status: HTTP_604_THIRD_PARTY_TIMEOUT_ERROR stands in the body of an answer; send 504 as its status',
    })
    const wire = [600, 601, 602, 603, 604, 605, 606, 404].map(status.wireStatusOf)
    assert.deepEqual(wire, [502, 502, 502, 503, 504, 502, 502, 404])
  })
})

describe('a close code that may be sent', () => {
  it('is one that the ws library sends', () => {
    // Measured with ws 8: it throws for all others.
    const sendable = (code: number): boolean =>
      (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999)
    for (let code = -1; code < 5100; code++)
      assert.equal(status.isSendableCloseCode(code), sendable(code), String(code))
    assert.equal(status.isSendableCloseCode(1000.5), false)
  })

  it('is refused otherwise, with what to use instead', () => {
    assert.equal(status.assertSendableCloseCode(1001), 1001)
    assert.throws(() => status.assertSendableCloseCode(100), {
      code: 'invalid_close_code',
      message: /^100 cannot be sent as a close code: it is none; use 1000 for a normal end/,
    })
    assert.throws(() => status.assertSendableCloseCode(1006), {
      code: 'invalid_close_code',
      message: /^1006 cannot be sent as a close code: WS_1006_ABNORMAL_CLOSURE is only found out, never sent/,
    })
  })
})

function assertMeaning(facts: status.StatusFacts | undefined): void {
  assert.match(facts?.english ?? '', /^[A-Z].*\.$/)
  assert.match(facts?.chinese ?? '', /\p{Script=Han}/u)
}
