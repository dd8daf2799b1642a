import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Interceptor, intercept } from '@posthouse/core'

describe('interceptors', () => {
  it('wrap the handler, the first listed outermost', async () => {
    const steps: string[] = []
    const mark =
      (name: string): Interceptor<string, string> =>
      async (request, next) => {
        steps.push(`${name} in`)
        const reply = await next(request + name)
        steps.push(`${name} out`)
        return reply + name
      }
    const handler = intercept([mark('1'), mark('2')], async (request: string) => {
      steps.push('handler')
      return `${request}!`
    })
    assert.equal(await handler('x'), 'x12!21')
    assert.deepEqual(steps, ['1 in', '2 in', 'handler', '2 out', '1 out'])
  })

  it('may answer themselves', async () => {
    const handler = intercept<string, string>([async () => 'cached'], () => assert.fail('must not be asked'))
    assert.equal(await handler('x'), 'cached')
  })

  it('may try again', async () => {
    let attempts = 0
    const again: Interceptor<string, string> = (request, next) => next(request).catch(() => next(request))
    const handler = intercept([again], async (request: string) => {
      if (++attempts === 1) throw new Error('once')
      return request
    })
    assert.equal(await handler('x'), 'x')
    assert.equal(attempts, 2)
  })

  it('are not needed', async () => {
    assert.equal(await intercept([], async (request: string) => request)('x'), 'x')
  })
})
