import { problem } from '@posthouse/web'
import type { Door } from './door.ts'

/** What is asked by whoever starts, stops and watches a node. */
export function healthDoor(leaving: AbortSignal): Door {
  return {
    name: 'health',
    places: [
      { path: '/healthz', what: 'Whether the node lives' },
      { path: '/readyz', what: 'Whether it takes clients; 503 while it drains' },
    ],
    mount: (app) => {
      const tags = ['health']
      app.get('/healthz', { tags, summary: 'Answers as long as the node lives' }, () => ({ status: 'ok' }))
      const options = { tags, summary: 'Answers 200 while the node takes clients', responses: draining }
      app.get('/readyz', options, () => {
        if (leaving.aborted) throw problem(503, 'This node is about to end', { code: 'draining' })
        return { status: 'ready' }
      })
    },
    close: async () => undefined,
  }
}

const draining = { 503: { description: 'The node drains' } }
