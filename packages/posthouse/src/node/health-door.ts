import { type Logger, reasonOf } from '@posthouse/core'
import type { Door, Keeping } from './door.ts'

/** What is asked by whoever starts, stops and watches a node that has these doors. */
export function healthDoor(doors: readonly Door[], leaving: AbortSignal): Door {
  return {
    name: 'health',
    places: [
      { path: '/healthz', what: 'Whether the node lives' },
      { path: '/readyz', what: 'Whether it takes clients; 503 while it drains, or cannot store what it is given' },
    ],
    mount: (app, { logger }) => {
      const tags = ['health']
      const checks = doors.flatMap(({ keeps }) => keeps ?? []).map((keeping) => storeCheck(keeping, logger))
      app.get('/healthz', { tags, summary: 'Answers as long as the node lives' }, () => ({ status: 'ok' }))
      const options = { tags, summary: 'Answers 200 while the node takes clients and can store', responses }
      app.get('/readyz', options, async () => {
        if (leaving.aborted) return notReady({ code: 'draining', detail: 'This node is about to end' })
        const failing = (await Promise.all(checks.map((check) => check()))).filter((what) => what !== undefined)
        if (failing.length === 0) return { status: 'ready' }
        const detail = `This node cannot store ${failing.join(' and ')} now; its log says why`
        return notReady({ code: 'store_failed', detail, failing })
      })
    },
    close: async () => undefined,
  }
}

const responses = {
  503: { description: 'The node drains (`draining`), or cannot store what `failing` names (`store_failed`)' },
}

/** Not thrown, as a failure is that the log is to tell of: it is asked for every few seconds. */
function notReady(what: {
  readonly code: string
  readonly detail: string
  readonly failing?: readonly string[]
}): Response {
  const body = JSON.stringify({ type: 'about:blank', title: 'Service Unavailable', status: 503, ...what })
  return new Response(body, { status: 503, headers: { 'content-type': 'application/problem+json' } })
}

/**
 * Resolves to what cannot be stored. Anybody may ask, so the reason, which names files, is for the log only, and there once
 * each time that it goes wrong.
 */
function storeCheck(keeping: Keeping, logger: Logger): () => Promise<string | undefined> {
  const { what } = keeping
  let failing = false
  return async () => {
    try {
      await keeping.check()
      if (failing) logger.info(`${what} can be stored again`)
      failing = false
      return undefined
    } catch (error) {
      if (!failing) logger.error(`${what} cannot be stored, and this node is not ready`, { reason: reasonOf(error) })
      failing = true
      return what
    }
  }
}
