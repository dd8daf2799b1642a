import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FallbackNotice, fallback, run } from '@posthouse/core/policy'

const fails = async (): Promise<string> => {
  throw new TypeError('no')
}

describe('a fallback', () => {
  it('leaves a result as it is', async () => {
    const policy = fallback<string>({ use: () => 'other' })
    assert.equal(await run(policy, async () => 'own'), 'own')
  })

  it('takes the place of an error, and tells what it was', async () => {
    const notices: FallbackNotice<string>[] = []
    const policy = fallback<string>({
      use: async (outcome, { key }) => `${'error' in outcome && outcome.error}, so ${key}`,
      onFallback: (notice) => notices.push(notice),
    })
    assert.equal(await run(policy, fails, { key: 'a' }), 'TypeError: no, so a')
    assert.deepEqual(notices, [{ outcome: { error: new TypeError('no') }, key: 'a' }])
  })

  it('takes the place only of errors and results that it is for', async () => {
    const policy = fallback<string>({
      use: () => 'other',
      byError: (error) => error instanceof RangeError,
      byResult: (result) => result === '',
    })
    await assert.rejects(run(policy, fails), TypeError)
    assert.equal(await run(policy, () => Promise.reject(new RangeError('yes'))), 'other')
    assert.equal(await run(policy, async () => ''), 'other')
    assert.equal(await run(policy, async () => 'own'), 'own')
  })

  it('rejects as what it uses rejects', async () => {
    const policy = fallback<string>({ use: () => Promise.reject(new Error('neither')) })
    await assert.rejects(run(policy, fails), { message: 'neither' })
  })

  it('never hides that the caller has given up', async () => {
    const caller = new AbortController()
    let used = 0
    const policy = fallback<string>({ use: () => `${++used}` })
    const heeding = ({ signal }: { signal: AbortSignal }): Promise<string> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const running = run(policy, heeding, { signal: caller.signal })
    caller.abort()
    await assert.rejects(running, { code: 'aborted' })
    await new Promise(setImmediate)
    assert.equal(used, 0)
  })

  it('needs something to use', () => {
    assert.throws(() => fallback({} as never), { code: 'invalid_option', message: 'fallback needs the option use' })
  })
})
