import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ErrorCode, errorTable, isErrorCode } from '@posthouse/core'
import {
  closeCodeOfError,
  errorOfCloseCode,
  errorOfStatus,
  isError,
  isSendableCloseCode,
  isThirdPartyError,
  lookUpCloseCode,
  lookUpStatus,
  statusOfError,
  thirdPartyStatusOfError,
} from '@posthouse/core/status'

const codes = Object.keys(errorTable).filter(isErrorCode)

describe('the status of a failure', () => {
  it('is an error for each of them', () => {
    for (const code of codes) {
      assert.equal(isError(statusOfError(code)), true, code)
      assert.equal(isThirdPartyError(statusOfError(code)), false, code)
    }
    assert.deepEqual([statusOfError('rate_limited'), statusOfError('unauthenticated')], [429, 401])
  })

  it('of a third party is one from 600 to 606', () => {
    const expected: [ErrorCode, number][] = [
      ['invalid_option', 600],
      ['bad_status', 601],
      ['invalid_json', 602],
      ['connect_failed', 603],
      ['total_timeout', 604],
      ['connection_lost', 605],
      ['retries_exhausted', 606],
    ]
    for (const [code, status] of expected) assert.equal(thirdPartyStatusOfError(code), status)
    for (const code of codes) assert.ok(lookUpStatus(thirdPartyStatusOfError(code)), code)
  })
})

describe('the failure of a status', () => {
  it('is undefined where there is none', () => {
    for (const status of [100, 200, 304, 399, 0, 700, Number.NaN]) assert.equal(errorOfStatus(status), undefined)
  })

  it('is the most general one, or bad_status', () => {
    const expected: [number, ErrorCode][] = [
      [401, 'unauthenticated'],
      [404, 'unknown_recipient'],
      [418, 'bad_status'],
      [429, 'rate_limited'],
      [500, 'internal'],
      [599, 'bad_status'],
      [600, 'bad_status'],
      [601, 'bad_status'],
    ]
    for (const [status, code] of expected) assert.equal(errorOfStatus(status), code)
  })

  it('leads back to the status, where it is not the failure of another one', () => {
    const others = [408]
    for (let status = 400; status < 600; status++) {
      const code = errorOfStatus(status)
      assert.ok(code !== undefined)
      if (code !== 'bad_status' && !others.includes(status)) assert.equal(statusOfError(code), status)
    }
    for (let status = 601; status < 607; status++) {
      assert.equal(thirdPartyStatusOfError(errorOfStatus(status) ?? 'internal'), status)
    }
  })
})

describe('the close code of a failure', () => {
  it('is its own, or that of a failure inside', () => {
    assert.equal(closeCodeOfError('draining'), 4000)
    assert.equal(closeCodeOfError('store_failed'), 1011)
    for (const code of codes) assert.equal(isSendableCloseCode(closeCodeOfError(code)), true, code)
  })

  it('leads back to it, but for the one of any broken conversation', () => {
    for (const code of codes) {
      const { closeCode } = errorTable[code]
      if (closeCode === 4400) assert.equal(errorOfCloseCode(closeCode), 'malformed_frame')
      else if (closeCode !== null) assert.equal(errorOfCloseCode(closeCode), code)
    }
  })

  it('of the protocol is known wherever it means a failure', () => {
    for (let code = 1000; code < 1016; code++) {
      const isFailure = lookUpCloseCode(code) !== undefined && code !== 1000 && code !== 1005
      assert.equal(errorOfCloseCode(code) !== undefined, isFailure, String(code))
    }
    assert.equal(errorOfCloseCode(4999), undefined)
  })
})
