import { type Logger, reasonOf } from '@posthouse/core'
import type { Hub } from '@posthouse/hub'
import type { Door } from './door.ts'

/** What is asked by whoever starts, stops and watches a node. */
export function healthDoor(hub: Hub, leaving: AbortSignal): Door {
  return {
    name: 'health',
    places: [
      { path: '/healthz', what: 'Whether the node lives' },
      { path: '/readyz', what: 'Whether it takes clients; 503 while it drains, or cannot store messages' },
    ],
    mount: (app, { logger }) => {
      const tags = ['health']
      const isStoring = storeCheck(hub, logger)
      app.get('/healthz', { tags, summary: 'Answers as long as the node lives' }, () => ({ status: 'ok' }))
      const options = { tags, summary: 'Answers 200 while the node takes clients and can store messages', responses }
      app.get('/readyz', options, async () => {
        if (leaving.aborted) return notReady('draining', 'This node is about to end')
        if (!(await isStoring()))
          return notReady('store_failed', 'This node cannot store messages now; its log says why')
        return { status: 'ready' }
      })
    },
    close: async () => undefined,
  }
}

const responses = { 503: { description: 'The node drains (`draining`), or cannot store messages (`store_failed`)' } }

/** Not thrown, as a failure is that the log is to tell of: it is asked for every few seconds. */
function notReady(code: string, detail: string): Response {
  const body = JSON.stringify({ type: 'about:blank', title: 'Service Unavailable', status: 503, detail, code })
  return new Response(body, { status: 503, headers: { 'content-type': 'application/problem+json' } })
}

/** Anybody may ask, so the reason, which names files, is for the log only, and there once each time that it goes wrong. */
function storeCheck(hub: Hub, logger: Logger): () => Promise<boolean> {
  let failing = false
  return async () => {
    try {
      await hub.checkStore()
      if (failing) logger.info('messages can be stored again, and this node is ready')
      failing = false
      return true
    } catch (error) {
      if (!failing) logger.error('messages cannot be stored, and this node is not ready', { reason: reasonOf(error) })
      failing = true
      return false
    }
  }
}
