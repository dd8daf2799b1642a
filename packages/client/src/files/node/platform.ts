import type { FilePlatform } from '../platform.ts'
import { directories } from './directories.ts'
import { exchange } from './exchange.ts'
import { imageFacts } from './image-facts.ts'
import { openFolder, openSource } from './open-source.ts'
import { recordKeeper } from './record-keeper.ts'
import { sha256 } from './sha256.ts'

export const platform: FilePlatform = {
  requestBytes: Number.POSITIVE_INFINITY,
  exchange,
  sha256,
  openSource,
  openFolder,
  imageFacts,
  records: recordKeeper,
  directories,
}
