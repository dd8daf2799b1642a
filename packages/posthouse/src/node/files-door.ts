import type { Files } from '@posthouse/files'
import type { Door } from './door.ts'

/** Uploads and downloads of the files that `files` keeps. It is ended with the door. */
export function filesDoor(files: Files): Door {
  const { path } = files
  return {
    name: 'files',
    places: [{ path: `${path}/`, what: 'files: uploads by tus 1.0, and downloads in ranges' }],
    requests: {
      path: [path, `${path}/*`],
      handle: (request, response) => void files.handle(request, response),
    },
    drain: (signal) => files.drain(signal),
    close: () => files[Symbol.asyncDispose](),
  }
}
