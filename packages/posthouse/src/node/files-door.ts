import type { Files } from '@posthouse/files'
import { createRouter } from '@posthouse/web'
import { fileOperations } from './api/file-operations.ts'
import { addOperation } from './api/operations.ts'
import type { Door } from './door.ts'
import { fileMetrics } from './metrics/file-metrics.ts'

/** Uploads and downloads of the files that `files` keeps, and what administrators do with them. It is ended with the door. */
export function filesDoor(files: Files): Door {
  const { path } = files
  return {
    name: 'files',
    places: [{ path: `${path}/`, what: 'files: uploads by tus 1.0, and downloads in ranges' }],
    requests: {
      path: [path, `${path}/*`],
      handle: (request, response) => void files.handle(request, response),
    },
    mount: (app, { hub, admin, administration }) => {
      if (!administration) return
      const router = createRouter({ prefix: '/api/v1', dependencies: [admin] })
      for (const operation of fileOperations) addOperation(router, hub, operation)
      app.include(router)
    },
    metrics: () => fileMetrics(files.stats()),
    keeps: { what: 'files', check: () => files.checkStore() },
    drain: (signal) => files.drain(signal),
    close: () => files[Symbol.asyncDispose](),
  }
}
