import { resolve } from 'node:path'
import type { DirectoryPlatform, SaveRequest } from '../platform.ts'
import type { Downloaded } from '../transfer-options.ts'
import { saveFile } from './save-file.ts'
import { saveFolder } from './save-folder.ts'

/** What is being saved, by where it will be: two listeners may want the same in one place. */
const underWay = new Map<string, Promise<Downloaded>>()

export const directories: DirectoryPlatform = {
  save: async (request) => {
    const { file, directory, options } = request
    const name = JSON.stringify([resolve(directory), file.key, options.saveAs ?? 'key'])
    const other = underWay.get(name)
    // Whoever began it may have given it up.
    if (other !== undefined) await other.catch(() => undefined)
    const saving = underWay.get(name) ?? save(request)
    underWay.set(name, saving)
    try {
      return await saving
    } finally {
      if (underWay.get(name) === saving) underWay.delete(name)
    }
  },
}

function save(request: SaveRequest): Promise<Downloaded> {
  return request.file.folder ? saveFolder(request) : saveFile(request)
}
